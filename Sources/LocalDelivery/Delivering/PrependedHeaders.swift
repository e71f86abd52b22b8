internal import Mail
internal import MessageFormat
internal import Platform

/// What local delivery puts in front of a message, in LF form: Postfix's mail_copy.
struct PrependedHeaders {
    var sender: ReversePath
    /// X-Original-To; nil: none.
    var original: EmailAddress?
    /// Delivered-To; nil: none.
    var delivered: EmailAddress?

    /// - Parameter now: microseconds since 1970, when an mbox's `From ` line is wanted.
    func bytes(mailboxLineAt now: Int64? = nil) -> [UInt8] {
        var text = ""
        text.reserveCapacity(200)
        if let now {
            let from = sender == .null ? "MAILER-DAEMON" : sender.externalForm
            let zone = LocalZone(at: now / 1_000_000)
            let date = MailDate.mailboxText(
                seconds: now / 1_000_000, zone: ZoneOffset(seconds: zone.offset, name: zone.name))
            text += "From \(Self.neutral(from))  \(date)\n"
        }
        text += "Return-Path: <" + Self.neutral(sender.externalForm) + ">\n"
        if let original { text += "X-Original-To: " + Self.neutral(original.externalForm) + "\n" }
        if let delivered { text += "Delivered-To: " + Self.neutral(delivered.externalForm) + "\n" }
        return Array(text.utf8)
    }

    /// An address never ends a line.
    static func neutral(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) else { return text }
        return String(decoding: text.utf8.map { $0 < 0x20 || $0 == 0x7f ? UInt8(ascii: "?") : $0 }, as: UTF8.self)
    }
}
