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
