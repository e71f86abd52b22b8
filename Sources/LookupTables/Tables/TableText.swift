internal import Configuration

/// The text form of tables: `key value` lines as postmap(1) reads them, or `name: value` lines as in aliases(5).
enum TableText {
    struct Entry: Equatable {
        /// Folded.
        var key: String
        var value: String
        var line: Int
    }

    /// Lines that are no entry are left out, and `warn` is told.
    static func entries(_ bytes: [UInt8], file: String, warn: LookupTables.Warn) -> [Entry] {
        var entries: [Entry] = []
        for line in LogicalLines(bytes) {
            guard let end = endOfKey(line.text.utf8) else {
                warn("\(file), line \(line.number): unbalanced '\"' -- ignoring this line")
                continue
            }
            let key = String(line.text[..<end])
            let rest = line.text[end...]
            guard !key.isEmpty, !rest.trimmed.isEmpty else {
                warn("\(file), line \(line.number): expected format: key whitespace value")
                continue
            }
            if key.hasSuffix(":") && key.utf8.count > 1 {
                warn("\(file), line \(line.number): record is in \"key: value\" format; is this an alias file?")
            }
            entries.append(Entry(key: key.foldedKey, value: String(rest.trimmed), line: line.number))
        }
        return entries
    }

    static func aliases(_ bytes: [UInt8], file: String, warn: LookupTables.Warn) -> [Entry] {
        var entries: [Entry] = []
        for line in LogicalLines(bytes) {
            guard let (key, rest) = splitName(line.text[...]), rest.trimmed.first == ":" else {
                warn("\(file), line \(line.number): expected format: name: value")
                continue
            }
            let name = String(key.trimmed)
            guard !name.isEmpty, !name.contains("@") else {
                warn("\(file), line \(line.number): name must be local: \"\(name)\"")
                continue
            }
            entries.append(Entry(key: name.foldedKey, value: String(rest.trimmed.dropFirst().trimmed), line: line.number))
        }
        return entries
    }

    /// The first white space outside quotes. Quotes stay in the key: `"a b"@example.com` is how a lookup asks. nil: a quote is open.
    private static func endOfKey(_ line: String.UTF8View) -> String.Index? {
        var inQuotes = false
        var index = line.startIndex
        while index < line.endIndex {
            switch line[index] {
            case UInt8(ascii: "\\"):
                line.formIndex(after: &index)
                if index == line.endIndex { return inQuotes ? nil : index }
            case UInt8(ascii: "\""): inQuotes.toggle()
            case let byte where byte.isWhiteSpace && !inQuotes: return index
            default: break
            }
            line.formIndex(after: &index)
        }
        return inQuotes ? nil : index
    }

    /// An alias's name, without the quotes that it may have, and what is behind it; nil when there is none.
    private static func splitName(_ text: Substring) -> (key: String, rest: Substring)? {
        let line = text.trimmed
        guard line.first == "\"" else {
            let key = line.prefix { $0 != ":" }
            return key.isEmpty ? nil : (String(key), line[key.endIndex...])
        }
        var key = ""
        var escaped = false
        for index in line.indices.dropFirst() {
            let character = line[index]
            if escaped {
                key.append(character)
                escaped = false
            } else if character == "\\" {
                escaped = true
            } else if character == "\"" {
                return key.isEmpty ? nil : (key, line[line.index(after: index)...])
            } else {
                key.append(character)
            }
        }
        return nil
    }
}
