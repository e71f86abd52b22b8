internal import CommandKit
internal import Configuration

/// The services of master.cf, their fields or their parameters, as postconf shows them.
struct ServiceDisplay {
    private let values: ParameterDisplay
    private var options: PostconfOptions { values.options }

    init(_ values: ParameterDisplay) { self.values = values }

    func entries() throws(ServiceWords.Mistake) -> String {
        try display("-M option requires service_name[/type]", 1...2) { (service, _) throws(ServiceWords.Mistake) in
            if options.isJSON { return json(service, []) }
            return try Layout.service(service, folded: options.folds) { text throws(ServiceWords.Mistake) in
                try expanded(text, service)
            }
        }
    }

    func fields() throws(ServiceWords.Mistake) -> String {
        for name in options.names {
            if let words = ServicePattern.words(name, 1...3), words[2] != "*" { _ = try ServicePattern.field(words[2]) }
        }
        return try display("-F option requires service_name[/type[/field]]", 1...3) {
            (service, wanted) throws(ServiceWords.Mistake) in
            var text = ""
            for (index, field) in ServiceWords.fieldNames.enumerated() where wanted == "*" || wanted == field {
                text += try self.field(index, field, service)
            }
            return text
        }
    }

    func parameters() throws(ServiceWords.Mistake) -> String {
        try display("-P option requires service_name[/type[/parameter]]", 1...3) {
            (service, wanted) throws(ServiceWords.Mistake) in
            let all = service.parameters
            let parameters = all.filter { wanted == "*" || $0.name == wanted }
                .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
            // A service without any parameter is nobody's match.
            guard !parameters.isEmpty || (wanted == "*" && !all.isEmpty) else { return nil }
            var text = ""
            for (name, value) in parameters {
                let value = try expanded(value, service)
                text +=
                    options.isJSON
                    ? json(service, [("parameter", name), ("value", value)])
                    : values.line(label: "\(service.name)/\(service.type)/\(name)", value)
            }
            return text
        }
    }

    /// What `show` makes of every service that one of the arguments names; nil: it is no match after all.
    private func display(
        _ usage: String, _ counts: ClosedRange<Int>,
        _ show: (ServiceWords, String) throws(ServiceWords.Mistake) -> String?
    ) throws(ServiceWords.Mistake) -> String {
        var patterns: [[String]] = []
        for name in options.names {
            guard let words = ServicePattern.words(name, counts) else { throw ServiceWords.Mistake(text: usage) }
            patterns.append(words)
        }
        var text = ""
        var matches: Set<Int> = []
        for service in values.services {
            if patterns.isEmpty { text += try show(service, "*") ?? "" }
            for (index, pattern) in patterns.enumerated()
            where ServicePattern.matches(pattern, name: service.name, type: service.type) {
                guard let shown = try show(service, pattern[2]) else { continue }
                text += shown
                matches.insert(index)
            }
        }
        for index in patterns.indices where !matches.contains(index) {
            PostconfCommand.warn("unmatched request: \"\(options.names[index])\"")
        }
        return text
    }

    private func field(_ index: Int, _ name: String, _ service: ServiceWords) throws(ServiceWords.Mistake) -> String {
        let label = "\(service.name)/\(service.type)/\(name)"
        if options.hidesValues { return label + "\n" }
        let prefix = options.hidesNames || options.isJSON ? "" : label + " = "
        let text = try Layout.field(index, of: service, label: prefix, folded: options.folds) {
            text throws(ServiceWords.Mistake) in try expanded(text, service)
        }
        return options.isJSON ? json(service, [("field", name), ("value", String(text.dropLast()))]) : text
    }

    private func expanded(_ text: String, _ service: ServiceWords) throws(ServiceWords.Mistake) -> String {
        options.expands ? try values.expand(text, in: service) : text
    }

    /// Without further pairs, the whole entry.
    private func json(_ service: ServiceWords, _ pairs: [(String, String)]) -> String {
        var all = [("service", service.name), ("type", service.type)] + pairs
        if pairs.isEmpty { all = Array(zip(ServiceWords.fieldNames, service.words[...ServiceWords.commandField])) }
        var text = all.map { "\"\($0.0)\": \(JSONFormat.quoted($0.1))" }.joined(separator: ", ")
        if pairs.isEmpty {
            text += ", \"arguments\": [" + service.arguments.map(JSONFormat.quoted).joined(separator: ", ") + "]"
        }
        return "{\(text)}\n"
    }
}
