/// Words separated by white space or commas. A `{ group }` is one word without its braces; braces inside a word
/// (`inline:{ a=b, c=d }`) stay, and what is between them does not end the word.
package struct WordList: ParameterValue {
    package var words: [String]

    package init(_ words: [String]) { self.words = words }

    package static var typeName: String { "list" }

    package static func parse(_ text: String) -> WordList? {
        var words: [String] = []
        var start: Int?
        var depth = 0
        let bytes = Array(text.utf8)
        func end(at index: Int) {
            guard let first = start else { return }
            start = nil
            var word = bytes[first..<index]
            if word.first == UInt8(ascii: "{"), isOneGroup(word) { word = word.dropFirst().dropLast() }
            let text = String(decoding: word, as: UTF8.self).trimmed
            if !text.isEmpty { words.append(String(text)) }
        }
        for (index, byte) in bytes.enumerated() {
            switch byte {
            case UInt8(ascii: "{"):
                depth += 1
                if start == nil { start = index }
            case UInt8(ascii: "}"):
                depth -= 1
                if depth < 0 { return nil }
            case UInt8(ascii: ","), UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                if depth == 0 { end(at: index) }
            default: if start == nil { start = index }
            }
        }
        guard depth == 0 else { return nil }
        end(at: bytes.count)
        return WordList(words)
    }

    /// Whether the first brace is closed by the last byte.
    private static func isOneGroup(_ word: ArraySlice<UInt8>) -> Bool {
        var depth = 0
        for index in word.indices {
            if word[index] == UInt8(ascii: "{") { depth += 1 }
            if word[index] == UInt8(ascii: "}") { depth -= 1 }
            if depth == 0 { return index == word.index(before: word.endIndex) }
        }
        return false
    }

    package static func < (left: WordList, right: WordList) -> Bool { left.words.lexicographicallyPrecedes(right.words) }
}
