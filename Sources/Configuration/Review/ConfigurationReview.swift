/// Compares main.cf and master.cf with what Martlet implements, before it starts.
///
/// A misspelt name gets a suggestion. A parameter of Postfix that Martlet does not implement gets one warning that says what will
/// not happen, and stops the start if it would have restricted, protected or redirected mail.
package struct ConfigurationReview: Sendable {
    /// Names that some program declares.
    private let implemented: Set<String>
    /// The types of what programs declared, by name.
    private let typeNames: [String: String]

    /// - Parameter implemented: the declarations of all programs; those of ``BaseParameters`` are known here.
    package init(implemented: some Sequence<String>, typeNames: [String: String] = [:]) {
        self.implemented = Set(implemented).union(BaseParameters.all.map(\.name))
        self.typeNames = typeNames
    }

    /// The findings, those that stop the start first.
    package func findings(_ configuration: Configuration, services: MasterFile? = nil) -> [Finding] {
        var collected = Collected()
        collected.findings = services?.replaced ?? []
        let services = services?.services ?? []
        let names = ReferencedNames(configuration, services: services)
        for (name, setting) in configuration.settings.sorted(by: { ($0.value.line ?? 0, $0.key) < ($1.value.line ?? 0, $1.key) }
        ) {
            judge(name, setting, configuration, names, &collected)
        }
        for service in services where ServiceDisposition(service) == .run {
            for override in service.overrides {
                let setting = Configuration.Setting(override.value, file: service.file, line: service.line)
                judge(override.name, setting, configuration, names, &collected)
            }
        }
        for service in services {
            if let finding = ServiceDisposition(service).finding(service) { collected.findings.append(finding) }
        }
        return collected.all
    }

    /// Values that the program which reads them will not take. Those of ``BaseParameters`` are checked with their limits elsewhere.
    package func invalidValues(_ configuration: Configuration, services: [ServiceEntry]) -> [ConfigurationError] {
        var all = configuration.settings.map { ($0.key, $0.value) }
        for service in services where ServiceDisposition(service) == .run {
            all += service.overrides.map { ($0.name, Configuration.Setting($0.value, file: service.file, line: service.line)) }
        }
        let known = Set(BaseParameters.all.map(\.name))
        return all.sorted { ($0.1.file ?? "", $0.1.line ?? 0) < ($1.1.file ?? "", $1.1.line ?? 0) }.compactMap {
            name, setting -> ConfigurationError? in
            guard !known.contains(name), let type = typeNames[name] else { return nil }
            do throws(ConfigurationError) {
                // Such a text is filled in for each message.
                if type == UnexpandedText.typeName { return nil }
                let text = try configuration.expand(setting.text, for: name)
                let isValid =
                    switch type {
                    case YesNo.typeName: YesNo.parse(text) != nil
                    case Int.typeName: Int.parse(text) != nil
                    case Duration.typeName: Duration.parse(text) != nil
                    case WordList.typeName: WordList.parse(text) != nil
                    default: true
                    }
                guard !isValid else { return nil }
                let example = PostfixParameters.defaultText(name).map { $0.isEmpty ? "" : "; the default is \($0)" } ?? ""
                return ConfigurationError(
                    "\(name): \"\(text)\" is no \(type)\(example)", file: setting.file, line: setting.line)
            } catch {
                return ConfigurationError("\(name): \(error.message)", file: setting.file, line: setting.line)
            }
        }
    }

    private func judge(
        _ name: String, _ setting: Configuration.Setting, _ configuration: Configuration, _ names: ReferencedNames,
        _ collected: inout Collected
    ) {
        if implemented.contains(name) { return }
        guard let standard = PostfixParameters.defaultText(name), !names.isOwnTransportParameter(name) else {
            if names.isUsed(name) { return }
            let known = PostfixParameters.suggestion(for: name, among: implemented)
            let hint = known.map { "; did you mean \($0)?" } ?? ""
            collected.findings.append(
                Finding(.warns, "unused parameter: \(name) = \(setting.text)\(hint)", file: setting.file, line: setting.line))
            return
        }
        // What is not implemented is judged by its value, and a value that cannot be expanded by its text.
        let value = (try? configuration.expand(setting.text, for: name)) ?? setting.text
        if value == (try? configuration.expand(standard, for: name)) { return }
        let judgement = Judgement.first(for: name, value: value)
        switch judgement?.effect {
        case .silent: return
        case .stops: collected.add(.stops, name, judgement?.sentence ?? "", setting)
        case .warns: collected.add(.warns, name, judgement?.sentence ?? "", setting)
        case nil: collected.add(.warns, name, "it has no effect", setting)
        }
    }

    /// Findings, with one sentence for all parameters of which the same is to be said.
    private struct Collected {
        var findings: [Finding] = []
        private var groups:
            [(consequence: Finding.Consequence, sentence: String, names: [String], first: Configuration.Setting)] = []

        mutating func add(
            _ consequence: Finding.Consequence, _ name: String, _ sentence: String, _ setting: Configuration.Setting
        ) {
            if let index = groups.firstIndex(where: { $0.sentence == sentence && $0.consequence == consequence }) {
                if !groups[index].names.contains(name) { groups[index].names.append(name) }
            } else {
                groups.append((consequence, sentence, [name], setting))
            }
        }

        var all: [Finding] {
            let grouped = groups.map { group in
                let names = group.names.joined(separator: ", ")
                let verb = group.names.count == 1 ? "is" : "are"
                let advice = group.consequence == .stops ? "; remove it from the configuration to start without" : ""
                return Finding(
                    group.consequence, "\(names) \(verb) not implemented: \(group.sentence)\(advice)", file: group.first.file,
                    line: group.first.line)
            }
            let everything = grouped + findings
            return everything.filter { $0.consequence == .stops } + everything.filter { $0.consequence == .warns }
        }
    }
}

/// Names in main.cf that are the administrator's own: used as `$name`, as a restriction class, or for a transport of master.cf.
private struct ReferencedNames {
    private var names: Set<String> = []
    private let transports: Set<String>

    init(_ configuration: Configuration, services: [ServiceEntry]) {
        transports = Set(services.filter { $0.kind == .unix }.map(\.name))
        let texts = configuration.settings.values.map(\.text)
        let overrides = services.flatMap { $0.overrides.map(\.value) + $0.arguments }
        for text in texts + overrides { names.formUnion(Self.references(in: text)) }
        let classes = configuration.settings["smtpd_restriction_classes"]?.text ?? ""
        names.formUnion(WordList.parse(classes)?.words ?? [])
    }

    func isUsed(_ name: String) -> Bool { names.contains(name) }

    /// `slow_destination_rate_delay` where there is no transport `slow`: Postfix knows the form, but nobody reads the parameter.
    func isOwnTransportParameter(_ name: String) -> Bool {
        guard PostfixParameters.isForTransport(name), !transports.isEmpty else { return false }
        return !transports.contains { name.hasPrefix($0 + "_") }
    }

    /// Every `$name`, `${name…` and `$(name…` in a text, also within `{ }`.
    private static func references(in text: String) -> [String] {
        text.split(separator: "$", omittingEmptySubsequences: false).dropFirst().map { part in
            String(
                decoding: part.utf8.drop { $0 == UInt8(ascii: "{") || $0 == UInt8(ascii: "(") || $0.isWhiteSpace }
                    .prefix { $0.isNameCharacter }, as: UTF8.self)
        }
    }
}
