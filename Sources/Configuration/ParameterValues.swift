extension String: ParameterValue {
    package static var typeName: String { "string" }
    package static func parse(_ text: String) -> String? { text }
}

extension Int: ParameterValue {
    package static var typeName: String { "integer" }
    package static func parse(_ text: String) -> Int? { Int(text) }
}

/// `yes` or `no`, as in Postfix.
package enum YesNo: UInt8, ParameterValue {
    case no = 0
    case yes = 1
    package static var typeName: String { "boolean" }
    package static func parse(_ text: String) -> YesNo? {
        switch text.lowercased() {
        case "yes": .yes
        case "no": .no
        default: nil
        }
    }
    package static func < (left: YesNo, right: YesNo) -> Bool { left.rawValue < right.rawValue }
    package var isYes: Bool { self == .yes }
}

/// A time with a unit suffix (s, m, h, d, w); the default unit is seconds. Postfix: postconf(5), "time limit".
extension Duration: ParameterValue {
    package static var typeName: String { "time" }
    package static func parse(_ text: String) -> Duration? { parse(text, defaultUnit: "s") }

    package static func parse(_ text: String, defaultUnit: Character) -> Duration? {
        guard let last = text.last else { return nil }
        let unit = last.isLetter ? last : defaultUnit
        let digits = last.isLetter ? text.dropLast() : text[...]
        guard let number = Int64(digits), number >= 0 else { return nil }
        let factor: Int64
        switch unit {
        case "s": factor = 1
        case "m": factor = 60
        case "h": factor = 3600
        case "d": factor = 86_400
        case "w": factor = 604_800
        default: return nil
        }
        let (seconds, overflow) = number.multipliedReportingOverflow(by: factor)
        return overflow ? nil : .seconds(seconds)
    }
}

/// Words separated by white space or commas, a `{ group }` being one word with its braces removed.
package struct WordList: ParameterValue {
    package var words: [String]
    package init(_ words: [String]) { self.words = words }
    package static var typeName: String { "list" }
    package static func parse(_ text: String) -> WordList? {
        var words: [String] = []
        var word = ""
        var depth = 0
        for character in text {
            switch character {
            case "{":
                if depth > 0 { word.append(character) }
                depth += 1
            case "}":
                depth -= 1
                if depth < 0 { return nil }
                if depth > 0 { word.append(character) }
            case " ", "\t", "\n", "\r", ",":
                if depth > 0 {
                    word.append(character)
                } else if !word.isEmpty {
                    words.append(word)
                    word = ""
                }
            default: word.append(character)
            }
        }
        guard depth == 0 else { return nil }
        if !word.isEmpty { words.append(word) }
        return WordList(words)
    }
    package static func < (left: WordList, right: WordList) -> Bool { left.words.lexicographicallyPrecedes(right.words) }
}
