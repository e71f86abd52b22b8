/// The lexical tokens of RFC 5322 section 3.2 in a structured field body. Comments and white space are skipped.
struct AddressTokens {
    enum Token: Equatable {
        /// Everything that is no special: atext, dots aside, and whatever else a sender put there.
        case atom([UInt8])
        /// Without its quotes and backslashes.
        case quotedString([UInt8])
        /// With its brackets.
        case domainLiteral([UInt8])
        /// One of `< > @ , ; : .`
        case special(UInt8)
    }

    private let bytes: [UInt8]
    private var position = 0
    /// White space or a comment lay before the token that came last.
    private(set) var afterSpace = false

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func next() -> Token? {
        skipSpace()
        guard position < bytes.count else { return nil }
        let byte = bytes[position]
        switch byte {
        case UInt8(ascii: "\""): return .quotedString(delimited(by: UInt8(ascii: "\"")))
        case UInt8(ascii: "["):
            let content = delimited(by: UInt8(ascii: "]"))
            return .domainLiteral([UInt8(ascii: "[")] + content + [UInt8(ascii: "]")])
        case _ where Self.isSpecial(byte):
            position += 1
            return .special(byte)
        default: return .atom(atom())
        }
    }

    private static func isSpecial(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "@"), UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: ":"),
            UInt8(ascii: "."):
            true
        default: false
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0d || byte == 0x0a }

    private mutating func skipSpace() {
        afterSpace = false
        while position < bytes.count {
            if Self.isSpace(bytes[position]) {
                position += 1
            } else if bytes[position] == UInt8(ascii: "(") {
                skipComment()
            } else {
                return
            }
            afterSpace = true
        }
    }

    /// Comments nest; one that is never closed ends with the field.
    private mutating func skipComment() {
        var depth = 0
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\\"): position += 1
            case UInt8(ascii: "("): depth += 1
            case UInt8(ascii: ")"): depth -= 1
            default: break
            }
            position += 1
            if depth == 0 { break }
        }
        position = min(position, bytes.count)
    }

    /// The text between the opening byte here and `end`, unescaped; a missing end is the end of the field. Folds vanish.
    private mutating func delimited(by end: UInt8) -> [UInt8] {
        var content: [UInt8] = []
        position += 1
        while position < bytes.count, bytes[position] != end {
            if bytes[position] == UInt8(ascii: "\\"), position + 1 < bytes.count { position += 1 }
            if bytes[position] != 0x0d && bytes[position] != 0x0a { content.append(bytes[position]) }
            position += 1
        }
        position = min(position + 1, bytes.count)
        return content
    }

    private mutating func atom() -> [UInt8] {
        let start = position
        while position < bytes.count, !Self.isSpecial(bytes[position]), !Self.isSpace(bytes[position]),
            bytes[position] != UInt8(ascii: "("), bytes[position] != UInt8(ascii: "\""), bytes[position] != UInt8(ascii: "[")
        {
            position += 1
        }
        return Array(bytes[start..<position])
    }
}
