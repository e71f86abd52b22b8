internal import Configuration
internal import Platform

/// `texthash:file` and `inline:{ key=value, … }`: a text read once, at start-up.
final class TextTable: LookupTable {
    let name: String
    let hasFixedKeys = true
    private let values: [String: String]

    init(name: String, values: [String: String]) {
        self.name = name
        self.values = values
    }

    func lookup(_ key: String) throws(LookupError) -> String? { values[key.foldedKey] }

    static func open(type: String, path: String, warn: LookupTables.Warn) throws(ConfigurationError) -> any LookupTable {
        let name = "\(type):\(path)"
        OpenedTables.note(name, path: path)
        let bytes: [UInt8]
        do {
            bytes = try WholeFile.read(path)
        } catch {
            let reason = "\(path) cannot be read: \(errorText(error.code))"
            warn("\(name) is unavailable. \(reason)")
            return UnavailableTable(name: name, reason: reason)
        }
        var values: [String: String] = [:]
        for entry in TableText.entries(bytes, file: path, warn: warn) where values.updateIfAbsent(entry) == false {
            warn("\(path), line \(entry.line): duplicate entry: \"\(entry.key)\"; the first one counts")
        }
        return TextTable(name: name, values: values)
    }

    static func inline(_ text: String) throws(ConfigurationError) -> any LookupTable {
        guard text.hasPrefix("{"), text.hasSuffix("}"), let words = WordList.parse(String(text.dropFirst().dropLast()))?.words
        else { throw ConfigurationError("inline:\(text): write inline:{ key=value, { key = value with spaces } }") }
        var values: [String: String] = [:]
        for word in words {
            do throws(ConfigurationError) {
                let (key, value) = try Assignment.split(word)
                values[key.foldedKey] = value
            } catch {
                throw ConfigurationError("inline:\(text): \"\(word)\": \(error.message)")
            }
        }
        return TextTable(name: "inline:\(text)", values: values)
    }
}

extension [String: String] {
    /// false when the key is there already.
    fileprivate mutating func updateIfAbsent(_ entry: TableText.Entry) -> Bool {
        guard self[entry.key] == nil else { return false }
        self[entry.key] = entry.value
        return true
    }
}
