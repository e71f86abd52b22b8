package import Mail

/// A reply of an SMTP or LMTP server, RFC 5321 section 4.2.
package struct SMTPReply: Hashable, Sendable {
    /// Three digits, 200 to 599.
    package var code: UInt16
    /// RFC 2034: in front of the text of each line; nil for 354, the greeting and the replies to HELO and EHLO.
    package var status: EnhancedStatus?
    /// The text of each line without code and enhanced status; at least one, which may be empty.
    package var lines: [String]

    package init(_ code: UInt16, _ status: EnhancedStatus?, _ text: String) {
        self.init(code, status, lines: [text])
    }

    package init(_ code: UInt16, _ status: EnhancedStatus?, lines: [String]) {
        precondition((200...599).contains(code) && !lines.isEmpty, "a reply has a code and a line")
        self.code = code
        self.status = status
        self.lines = lines
    }

    package var isPositiveCompletion: Bool { code / 100 == 2 }
    package var isIntermediate: Bool { code / 100 == 3 }
    package var isTransientFailure: Bool { code / 100 == 4 }
    package var isPermanentFailure: Bool { code / 100 == 5 }

    /// Appends the wire form. CR, LF, NUL and other controls in the text become `?`, so that a reply cannot hold a second one.
    package func append(to bytes: inout [UInt8]) {
        let prefix = status.map { "\($0) " } ?? ""
        for (index, line) in lines.enumerated() {
            bytes.append(contentsOf: Self.digits(code))
            bytes.append(index == lines.count - 1 ? UInt8.space : UInt8(ascii: "-"))
            bytes.append(contentsOf: prefix.utf8)
            bytes.append(contentsOf: line.utf8.lazy.map { $0.isForbiddenControl ? UInt8(ascii: "?") : $0 })
            bytes.append(.carriageReturn)
            bytes.append(.lineFeed)
        }
    }

    package var wireForm: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(80)
        append(to: &bytes)
        return bytes
    }

    private static func digits(_ code: UInt16) -> [UInt8] {
        [
            UInt8(ascii: "0") + UInt8(code / 100), UInt8(ascii: "0") + UInt8(code / 10 % 10),
            UInt8(ascii: "0") + UInt8(code % 10),
        ]
    }
}

extension SMTPReply: CustomStringConvertible {
    /// The reply on one line, as Postfix logs it after `said: `: `550-5.1.1 first 550 5.1.1 last`.
    package var description: String {
        var text = ""
        for (index, line) in lines.enumerated() {
            if index > 0 { text += " " }
            text += "\(code)"
            text += index == lines.count - 1 ? " " : "-"
            if let status { text += "\(status) " }
            text += line
        }
        return text
    }
}
