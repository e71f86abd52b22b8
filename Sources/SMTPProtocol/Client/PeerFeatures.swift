internal import Mail

/// What a server offers in its reply to EHLO, RFC 5321 section 4.1.1.1.
package struct PeerFeatures: Hashable, Sendable {
    package var pipelining = false
    package var eightBitMIME = false
    package var smtpUTF8 = false
    package var deliveryStatus = false
    package var size = false
    /// RFC 1870: octets of a message; nil when the server names no limit.
    package var sizeLimit: UInt64?

    package init() {}

    init(reply: SMTPReply, discarding: Set<String>) {
        for line in reply.lines.dropFirst() {
            // "keyword=parameter" is Microsoft's old form of AUTH.
            let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "=" })
            guard let keyword = words.first.map({ String($0).uppercasedASCII }), !discarding.contains(keyword) else { continue }
            switch keyword {
            case "PIPELINING": pipelining = true
            case "8BITMIME": eightBitMIME = true
            case "SMTPUTF8": smtpUTF8 = true
            case "DSN": deliveryStatus = true
            case "SIZE":
                size = true
                // 0 means no fixed limit, RFC 1870 section 4.
                sizeLimit = words.dropFirst().first.flatMap { UInt64($0) }.flatMap { $0 > 0 ? $0 : nil }
            default: break
            }
        }
        // RFC 6531 section 3.1 asks for both; servers exist that forget one.
        if smtpUTF8 { eightBitMIME = true }
    }
}

extension String {
    /// ASCII letters in upper case, everything else untouched.
    fileprivate var uppercasedASCII: String {
        String(decoding: utf8.map { $0 >= 0x61 && $0 <= 0x7a ? $0 - 0x20 : $0 }, as: UTF8.self)
    }
}
