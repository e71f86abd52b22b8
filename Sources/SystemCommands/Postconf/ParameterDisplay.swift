internal import CommandKit
internal import Configuration

/// The settings of main.cf and the defaults, as postconf shows them.
struct ParameterDisplay {
    let options: PostconfOptions
    let services: [ServiceWords]
    let names: ParameterNames
    private let main: [String: Configuration.Setting]
    private let configuration: Configuration

    init(directory: String, main: MainText, services: [ServiceWords], options: PostconfOptions) {
        self.options = options
        self.services = services
        let configuration = Configuration(directory: directory, settings: main.settings)
        self.configuration = configuration
        self.main = main.settings
        names = ParameterNames(
            main: options.showsDefaults ? nil : main.settings, services: services, directory: directory
        ) { text in (try? configuration.expand(text, for: "")) ?? text }
    }

    func text() throws(ServiceWords.Mistake) -> String {
        var wanted = options.names
        if wanted.isEmpty {
            wanted = names.known.filter { !options.classes.isDisjoint(with: $0.value) }.keys
                .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        }
        var text = ""
        for name in wanted {
            guard names.known[name] != nil else {
                PostconfCommand.warn("\(name): unknown parameter")
                continue
            }
            if options.showsOnlySet, main[name] == nil || PostfixParameters.readOnlyNames.contains(name) { continue }
            let value = try value(name)
            if options.isJSON {
                let source = main[name].map { $0.file == nil ? "command line" : "main.cf" } ?? "default"
                text +=
                    "{\"name\": \(JSONFormat.quoted(name)), \"value\": \(JSONFormat.quoted(value)), \"source\": \"\(source)\"}\n"
            } else {
                text += line(label: name, value)
            }
        }
        return text
    }

    /// With or without the name or the value, as -h and -H say.
    func line(label: String, _ value: String) -> String {
        if options.hidesValues { return Layout.line(label, folded: options.folds) }
        return Layout.line(options.hidesNames ? value : "\(label) = \(value)", folded: options.folds)
    }

    private func value(_ name: String) throws(ServiceWords.Mistake) -> String {
        let isRaw = PostfixParameters.unexpandedNames.contains(name)
        guard let set = main[name], !PostfixParameters.readOnlyNames.contains(name) else {
            return try defaultValue(name, isRaw: isRaw)
        }
        return options.expands && !isRaw ? try expand(set.text, in: nil) : set.text
    }

    private func defaultValue(_ name: String, isRaw: Bool) throws(ServiceWords.Mistake) -> String {
        if name == "process_name" { return "postconf" }
        let unset = OwnParameters.defaultText(name).flatMap { name == "config_directory" && !options.showsDefaults ? nil : $0 }
        let text = unset ?? configuration.unexpandedText(name) ?? "$default" + name.drop { $0 != "_" }
        // The declaration of such a value has $$ for a dollar.
        if isRaw { return text.split(separator: "$$", omittingEmptySubsequences: false).joined(separator: "$") }
        // Found out on this machine: nothing that main.cf would have.
        if ["myhostname", "mydomain", "mynetworks"].contains(name) || options.expands { return try expand(text, in: nil) }
        return text
    }

    /// - Parameter service: its `-o` come before main.cf.
    func expand(_ text: String, in service: ServiceWords?) throws(ServiceWords.Mistake) -> String {
        var scope = configuration
        if let service { scope.override("service_name", Configuration.Setting(service.name)) }
        for (name, value) in service?.parameters ?? [] { scope.override(name, Configuration.Setting(value)) }
        do throws(ConfigurationError) {
            return try scope.expand(text, for: "")
        } catch {
            PostconfCommand.warn(error.description)
            throw ServiceWords.Mistake(text: "macro processing error")
        }
    }
}
