internal import Mail
internal import MessageFormat

/// One member of an alias, a .forward file or an :include: file, aliases(5).
enum AliasMember: Equatable, Sendable {
    case address(EmailAddress)
    /// `\user`: the mailbox, whatever aliases and .forward files say.
    case mailbox(EmailAddress)
    case command(String)
    /// Absolute, or beginning with `~/`.
    case file(String)
    case include(String)

    /// The members of a text: separated by commas and line ends, comments in parentheses left out, quotes removed.
    static func parse(_ text: [UInt8]) -> [AliasMember] {
        split(text).compactMap { piece in
            let plain = unquoted(piece)
            if plain.isEmpty { return nil }
            switch plain[0] {
            case UInt8(ascii: "|"): return .command(trimmed(String(decoding: plain.dropFirst(), as: UTF8.self)))
            case UInt8(ascii: "/"), UInt8(ascii: "~"): return .file(String(decoding: plain, as: UTF8.self))
            case UInt8(ascii: "\\"): return AddressList.parse(Array(plain.dropFirst())).first.map { .mailbox($0) }
            default: break
            }
            let mark = Array(":include:".utf8)
            if plain.count > mark.count, plain.prefix(mark.count).map(\.lowercasedASCII) == mark {
                return .include(trimmed(String(decoding: plain.dropFirst(mark.count), as: UTF8.self)))
            }
            return AddressList.parse(piece).first.map { .address($0) }
        }
    }

    /// The lines of a file: those that begin with `#` are comments.
    static func parse(file text: [UInt8]) -> [AliasMember] {
        text.split(separator: 0x0a).filter { $0.first != UInt8(ascii: "#") }.flatMap { parse(Array($0)) }
    }

    /// Pieces between commas that are in no quotes, comment or angle brackets.
    private static func split(_ text: [UInt8]) -> [[UInt8]] {
        var pieces: [[UInt8]] = []
        var piece: [UInt8] = []
        var isQuoted = false
        var depth = 0
        var index = 0
        while index < text.count {
            let byte = text[index]
            if byte == UInt8(ascii: "\\"), index + 1 < text.count, isQuoted || depth > 0 {
                piece += [byte, text[index + 1]]
                index += 2
                continue
            }
            switch byte {
            case UInt8(ascii: "\"") where depth == 0: isQuoted.toggle()
            case UInt8(ascii: "(") where !isQuoted: depth += 1
            case UInt8(ascii: ")") where !isQuoted && depth > 0: depth -= 1
            default: break
            }
            if !isQuoted && depth == 0 && (byte == UInt8(ascii: ",") || byte == 0x0a) {
                pieces.append(piece)
                piece = []
            } else {
                piece.append(byte)
            }
            index += 1
        }
        pieces.append(piece)
        return pieces
    }

    /// The piece without white space around it, and without quotes when it is one quoted string: `"|command argument"`.
    private static func unquoted(_ piece: [UInt8]) -> [UInt8] {
        var bytes = piece[...]
        while let first = bytes.first, first == 0x20 || first == 0x09 || first == 0x0d { bytes.removeFirst() }
        while let last = bytes.last, last == 0x20 || last == 0x09 || last == 0x0d { bytes.removeLast() }
        guard bytes.first == UInt8(ascii: "\"") else { return Array(bytes) }
        var result: [UInt8] = []
        var index = bytes.startIndex + 1
        while index < bytes.endIndex, bytes[index] != UInt8(ascii: "\"") {
            if bytes[index] == UInt8(ascii: "\\"), index + 1 < bytes.endIndex { index += 1 }
            result.append(bytes[index])
            index += 1
        }
        // `"quoted"@example.com` is an address.
        return index + 1 >= bytes.endIndex ? result : Array(bytes)
    }

    private static func trimmed(_ text: String) -> String {
        var rest = text[...]
        while let first = rest.first, first == " " || first == "\t" { rest.removeFirst() }
        while let last = rest.last, last == " " || last == "\t" { rest.removeLast() }
        return String(rest)
    }
}
