internal import Configuration
internal import Platform

/// `regexp:file`: POSIX extended expressions of the C library, asked in order; regexp_table(5).
///
/// Keys are not folded; expressions ignore case unless the flag `i` says otherwise.
final class PatternTable: LookupTable {
    let name: String
    let hasFixedKeys = false
    private let rules: [Rule<RegularExpression>]

    private init(name: String, rules: [Rule<RegularExpression>]) {
        self.name = name
        self.rules = rules
    }

    func lookup(_ key: String) throws(LookupError) -> String? {
        try Rule.first(rules) { (rule) throws(LookupError) in
            guard let groups = try rule.condition.match(key, table: name) else { return rule.negated ? "" : nil }
            guard !rule.negated, let result = rule.result else { return rule.negated ? nil : "" }
            return Self.substitute(result, groups)
        }
    }

    static func open(path: String, warn: LookupTables.Warn) throws(ConfigurationError) -> any LookupTable {
        let name = "regexp:\(path)"
        if !path.hasPrefix("{") { OpenedTables.note(name, path: path) }
        let source: RuleSource
        switch RuleSource.read(path) {
        case .failure(let reason):
            warn("\(name) is unavailable. \(reason)")
            return UnavailableTable(name: name, reason: reason)
        case .source(let read): source = read
        }
        let rules = Rule.parse(source, warn: warn) { (text) throws(ConfigurationError) in try split(text) }
        return PatternTable(name: name, rules: rules)
    }

    /// `/expression/flags rest`
    private static func split(_ text: Substring) throws(ConfigurationError) -> (RegularExpression, rest: Substring) {
        guard let delimiter = text.utf8.first, !delimiter.isLetterOrDigit else {
            throw ConfigurationError("an expression begins with /")
        }
        let bytes = text.utf8
        var index = bytes.index(after: bytes.startIndex)
        while index < bytes.endIndex, bytes[index] != delimiter {
            if bytes[index] == UInt8(ascii: "\\") {
                bytes.formIndex(after: &index)
                guard index < bytes.endIndex else { break }
            }
            bytes.formIndex(after: &index)
        }
        guard index < bytes.endIndex else { throw ConfigurationError("the expression \(text) is not closed") }
        let pattern = String(text[bytes.index(after: bytes.startIndex)..<index])
        let behind = text[bytes.index(after: index)...]
        let flags = behind.prefix { !$0.isWhitespace }
        return (try RegularExpression(pattern, flags: flags), behind[flags.endIndex...])
    }

    /// `$1`, `${1}`, `$(1)` and `$$` in a result.
    private static func substitute(_ text: String, _ groups: [String?]) -> String {
        guard text.utf8.contains(UInt8(ascii: "$")) else { return text }
        var result: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "$") else {
                result.append(byte)
                continue
            }
            if rest.first == byte {
                result.append(byte)
                rest.removeFirst()
                continue
            }
            let closing: UInt8? =
                rest.first == UInt8(ascii: "{") ? UInt8(ascii: "}") : rest.first == UInt8(ascii: "(") ? UInt8(ascii: ")") : nil
            if closing != nil { rest.removeFirst() }
            let digits = rest.prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
            rest = rest[digits.endIndex...]
            if let closing, rest.first == closing { rest.removeFirst() }
            if let number = Int(String(decoding: digits, as: UTF8.self)), groups.indices.contains(number),
                let group = groups[number]
            {
                result.append(contentsOf: group.utf8)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}

extension UInt8 {
    fileprivate var isLetterOrDigit: Bool {
        (self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9"))
            || (self | 0x20 >= UInt8(ascii: "a") && self | 0x20 <= UInt8(ascii: "z"))
    }
}
