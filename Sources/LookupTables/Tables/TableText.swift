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
            guard let (key, rest) = splitKey(line.text[...], endsAt: { $0.isWhitespace }), !rest.trimmed.isEmpty else {
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
            guard let (key, rest) = splitKey(line.text[...], endsAt: { $0 == ":" }),
                let colon = rest.trimmed.first, colon == ":"
            else {
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

    /// A key, which may be `"quoted"`, and what is behind it; nil when there is no key.
    private static func splitKey(_ text: Substring, endsAt isEnd: (Character) -> Bool) -> (key: String, rest: Substring)? {
        let line = text.trimmed
        guard line.first == "\"" else {
            let key = line.prefix { !isEnd($0) }
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
