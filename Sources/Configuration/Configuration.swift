package import Platform

/// What main.cf says (and `-o` of master.cf), frozen for the life of a process.
///
/// Values are kept as text until a typed ``Parameter`` asks for them; `$name` is expanded then. A name that main.cf does not set
/// has the default of its declaration, else the one that Postfix documents.
package struct Configuration: Sendable {
    /// Where main.cf and master.cf are.
    package let directory: String
    package private(set) var settings: [String: Setting]
    /// The default texts of declared parameters, by name.
    private var declared: [String: String]
    let host: any HostFacts

    /// A line of main.cf, or an override.
    package struct Setting: Equatable, Sendable {
        package var text: String
        package var file: String?
        package var line: Int?
        package init(_ text: String, file: String? = nil, line: Int? = nil) {
            self.text = text
            self.file = file
            self.line = line
        }
    }

    package init(directory: String, settings: [String: Setting], host: any HostFacts = SystemHost()) {
        self.directory = directory
        self.settings = settings
        self.host = host
        declared = [:]
        declare(BaseParameters.all)
    }

    /// Reads `main.cf` in this directory.
    ///
    /// - Throws: when it cannot be read, or a line is not `name = value`; names file and line.
    package static func load(
        directory: String, host: any HostFacts = SystemHost()
    ) throws(ConfigurationError) -> Configuration {
        Configuration(directory: directory, settings: try MainFile.read(directory + "/main.cf"), host: host)
    }

    /// Makes the defaults of these known to `$name`. A program calls this with its own list before it asks for values.
    package mutating func declare(_ parameters: [any AnyParameter]) {
        for parameter in parameters { declared[parameter.name] = parameter.defaultText }
    }

    /// `-o name=value` of master.cf or the command line.
    package mutating func override(_ name: String, _ setting: Setting) { settings[name] = setting }

    /// - Throws: when the text is no value of the type, or outside the limits; names file and line.
    package func value<Value>(of parameter: Parameter<Value>) throws(ConfigurationError) -> Value {
        let setting = settings[parameter.name]
        let text: String
        do {
            let unexpanded = setting?.text ?? computedText(parameter.name) ?? parameter.defaultText
            text = Value.isExpanded ? try finish(parameter.name, try expand(unexpanded, for: parameter.name)) : unexpanded
        } catch {
            throw ConfigurationError("\(parameter.name): \(error.message)", file: setting?.file, line: setting?.line)
        }
        guard let value = Value.parse(text, unit: try unit(of: parameter)) else {
            throw self.error("\(parameter.name): \"\(text)\" is no \(Value.typeName)", at: setting)
        }
        if let limits = parameter.limits, !limits.contains(value) {
            throw self.error("\(parameter.name): \"\(text)\" is outside \(limits)", at: setting)
        }
        return value
    }

    /// The value of any parameter, with every `$name` expanded; nil when neither main.cf nor any declaration nor Postfix has it.
    package func text(of name: String) throws(ConfigurationError) -> String? {
        guard let unexpanded = unexpandedText(name) else { return nil }
        let setting = settings[name]
        do {
            return try finish(name, try expand(unexpanded, for: name))
        } catch {
            throw ConfigurationError("\(name): \(error.message)", file: setting?.file, line: setting?.line)
        }
    }

    /// Expands every `$name` in this text. `name`: the parameter whose value it is, so that it cannot refer to itself.
    package func expand(_ text: String, for name: String) throws(ConfigurationError) -> String {
        let expansion = Expansion(
            lookup: { (name) throws(ConfigurationError) in unexpandedText(name) },
            finish: { (name, text) throws(ConfigurationError) in try finish(name, text) })
        return try expansion.expand(text, for: name)
    }

    /// main.cf's text, else the default's, before expansion.
    package func unexpandedText(_ name: String) -> String? {
        settings[name]?.text ?? computedText(name) ?? declared[name] ?? PostfixParameters.defaultText(name)
    }

    private func unit<Value>(of parameter: Parameter<Value>) throws(ConfigurationError) -> Character? {
        guard Value.usesUnit else { return nil }
        return try expand(parameter.defaultText, for: parameter.name).last { $0.isLetter }
    }

    private func error(_ message: String, at setting: Setting?) -> ConfigurationError {
        ConfigurationError(message, file: setting?.file, line: setting?.line)
    }
}
