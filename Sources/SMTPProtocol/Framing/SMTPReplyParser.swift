internal import Mail

/// Puts a server's reply together from its lines.
///
/// *Failure:* ``Progress/malformed(_:)`` for what is no reply (no code, over the limits); the connection is of no use then.
/// Octets that are not UTF-8 are replaced; an enhanced status is taken only when its class is that of the code.
package struct SMTPReplyParser: Sendable {
    package enum Progress: Equatable, Sendable {
        case incomplete
        case reply(SMTPReply)
        case malformed(String)
    }

    /// Far above what any server says to EHLO.
    package static let maximumLines = 200
    /// Octets of one reply, all lines together.
    package static let maximumLength = 65_536

    private var lines: [String] = []
    private var status: EnhancedStatus?
    private var length = 0

    package init() {}

    /// - Parameter line: without its end, as ``LineScanner`` cuts it.
    package mutating func receive(_ line: some Collection<UInt8>) -> Progress {
        let bytes = Array(line)
        guard bytes.count >= 3, bytes[..<3].allSatisfy(\.isASCIIDigit), (2...5).contains(bytes[0] - UInt8(ascii: "0")),
            bytes.count == 3 || bytes[3] == .space || bytes[3] == UInt8(ascii: "-")
        else { return .malformed(String(decoding: bytes.prefix(100), as: UTF8.self)) }
        length += bytes.count
        guard lines.count < Self.maximumLines, length <= Self.maximumLength else { return .malformed("a reply without end") }
        let code = bytes[..<3].reduce(UInt16(0)) { $0 * 10 + UInt16($1 - UInt8(ascii: "0")) }
        append(bytes.dropFirst(4), code: code)
        if bytes.count > 3, bytes[3] == UInt8(ascii: "-") { return .incomplete }
        let reply = SMTPReply(code, status, lines: lines)
        self = SMTPReplyParser()
        return .reply(reply)
    }

    private mutating func append(_ text: ArraySlice<UInt8>, code: UInt16) {
        let word = text.prefix { $0 != .space }
        let found = EnhancedStatus(String(decoding: word, as: UTF8.self))
        guard let found, UInt16(found.statusClass.rawValue) == code / 100, lines.isEmpty || found == status else {
            lines.append(String(decoding: text, as: UTF8.self))
            return
        }
        status = found
        lines.append(String(decoding: text.dropFirst(word.count + 1), as: UTF8.self))
    }
}
