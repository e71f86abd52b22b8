/// A configuration parameter, declared once: the parser, `martlet conf`, the manuals and the typed settings read this.
///
/// `default` is the text that main.cf would have, and may refer to others (`$mydomain`).
package struct Parameter<Value: ParameterValue>: Sendable {
    package let name: String
    package let defaultText: String
    package let limits: ClosedRange<Value>?
    package let summary: String

    package init(_ name: String, default defaultText: String, summary: String) {
        self.name = name
        self.defaultText = defaultText
        limits = nil
        self.summary = summary
    }
}

extension Parameter where Value: Comparable {
    package init(_ name: String, default defaultText: String, limits: ClosedRange<Value>, summary: String) {
        self.name = name
        self.defaultText = defaultText
        self.limits = limits
        self.summary = summary
    }
}

/// What the declarations have in common, for lists of parameters of different types.
package protocol AnyParameter: Sendable {
    var name: String { get }
    var defaultText: String { get }
    var summary: String { get }
    /// The name of the value's type for manuals (`time`, `size`, `boolean`, …).
    var typeName: String { get }
    /// Whether the configuration has a valid value for it.
    func check(_ configuration: Configuration) throws(ConfigurationError)
}

extension Parameter: AnyParameter {
    package var typeName: String { Value.typeName }
    package func check(_ configuration: Configuration) throws(ConfigurationError) { _ = try configuration.value(of: self) }
}

/// A type that a parameter can have. The text comes with every `$name` expanded.
package protocol ParameterValue: Comparable, Sendable {
    static var typeName: String { get }
    /// nil when the text is no such value; the message is composed by the caller.
    static func parse(_ text: String) -> Self?
    /// The same; `unit` is the suffix of the parameter's default (`d` in `5d`), which a number without a suffix has.
    static func parse(_ text: String, unit: Character?) -> Self?
    static var usesUnit: Bool { get }
    /// Whether `$name` in the text is expanded when the value is read (all but ``UnexpandedText``).
    static var isExpanded: Bool { get }
}

extension ParameterValue {
    package static func parse(_ text: String, unit: Character?) -> Self? { parse(text) }
    package static var usesUnit: Bool { false }
    package static var isExpanded: Bool { true }
}

/// Something wrong in main.cf, master.cf or a table: which parameter, where, and what to do.
package struct ConfigurationError: Error, Equatable, Sendable, CustomStringConvertible {
    package var file: String?
    package var line: Int?
    package var message: String

    package init(_ message: String, file: String? = nil, line: Int? = nil) {
        self.message = message
        self.file = file
        self.line = line
    }

    package var description: String {
        guard let file else { return message }
        guard let line else { return "\(file): \(message)" }
        return "\(file), line \(line): \(message)"
    }
}
