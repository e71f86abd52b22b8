/// What main.cf says (and `-o` of master.cf), frozen for the life of a process.
///
/// Values are kept as text until a typed ``Parameter`` asks for them; `$name` is expanded then.
package struct Configuration: Sendable {
    /// Where main.cf and master.cf are.
    package let directory: String
    private var texts: [String: Setting]

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

    package init(directory: String, settings: [String: Setting]) {
        self.directory = directory
        texts = settings
    }

    package var settings: [String: Setting] { texts }

    /// `-o name=value` of master.cf or the command line.
    package mutating func override(_ name: String, _ setting: Setting) { texts[name] = setting }

    /// - Throws: when the text is no value of the type, or outside the limits; names file and line.
    package func value<Value>(of parameter: Parameter<Value>) throws(ConfigurationError) -> Value {
        let setting = texts[parameter.name]
        let text = try expand(setting?.text ?? parameter.defaultText, for: parameter.name)
        guard let value = Value.parse(text) else {
            throw error("\(parameter.name): \"\(text)\" is no \(Value.typeName)", at: setting)
        }
        if let limits = parameter.limits, !limits.contains(value) {
            throw error("\(parameter.name): \"\(text)\" is outside \(limits)", at: setting)
        }
        return value
    }

    private func error(_ message: String, at setting: Setting?) -> ConfigurationError {
        ConfigurationError(message, file: setting?.file, line: setting?.line)
    }

    /// Expands `$name`, `${name}`, `${name?value}`, `${name:value}`.
    package func expand(_ text: String, for name: String) throws(ConfigurationError) -> String {
        // The Configuration module's owner completes this.
        text
    }
}
