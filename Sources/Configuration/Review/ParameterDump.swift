/// A parameter's declaration as text, for programs that must know what others implement.
package struct DeclaredParameter: Equatable, Sendable {
    package var name: String
    package var typeName: String
    package var defaultText: String
    package var summary: String

    package init(_ parameter: any AnyParameter) {
        name = parameter.name
        typeName = parameter.typeName
        defaultText = parameter.defaultText
        summary = parameter.summary
    }

    fileprivate init?(line: Substring) {
        let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
        guard fields.count == 4, !fields[0].isEmpty else { return nil }
        name = String(fields[0])
        typeName = String(fields[1])
        defaultText = String(fields[2])
        summary = String(fields[3])
    }
}

/// What every daemon prints when it is called with `--parameters`: its declarations, one for each line, fields separated by tabs.
/// So `martlet check` and `martlet conf` need no list of their own, and a parameter stays declared once.
package enum ParameterDump {
    package static let option = "--parameters"

    package static func text(_ parameters: [any AnyParameter]) -> String {
        parameters.map(DeclaredParameter.init).map { parameter in
            [parameter.name, parameter.typeName, parameter.defaultText, parameter.summary].joined(separator: "\t") + "\n"
        }.joined()
    }

    /// Lines of another form are no declarations.
    package static func parse(_ text: String) -> [DeclaredParameter] {
        text.split(separator: "\n").compactMap(DeclaredParameter.init(line:))
    }
}
