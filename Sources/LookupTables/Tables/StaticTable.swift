internal import Configuration

/// `static:value`: the same value for every key.
final class StaticTable: LookupTable {
    let name: String
    let hasFixedKeys = true
    private let value: String

    init(value: String, name: String) {
        self.value = value
        self.name = name
    }

    func lookup(_ key: String) throws(LookupError) -> String? { value }

    /// `value`, or `{ value with spaces }`.
    static func value(_ text: String) throws(ConfigurationError) -> String {
        guard text.hasPrefix("{") else { return text }
        guard text.hasSuffix("}") else { throw ConfigurationError("static:\(text): a \"}\" is missing") }
        return String(text.dropFirst().dropLast()[...].trimmed)
    }
}
