package import Mail

/// A command of a client, RFC 5321 section 4.1.1, with its arguments read.
package enum SMTPCommand: Hashable, Sendable {
    case helo(String)
    case ehlo(String)
    case mail(ReversePath, MailParameters)
    case rcpt(EmailAddress, RecipientParameters)
    case data
    case rset
    case noop
    case vrfy(String)
    case help
    case quit
    /// The first word, as it came.
    case unknown(String)
}

/// Parameters of MAIL: RFC 1870, 6152, 6531, 3461.
package struct MailParameters: Hashable, Sendable {
    package var size: UInt64?
    package var body: BodyType?
    package var smtpUTF8 = false
    package var returnContent: ReturnContent?
    /// Decoded from xtext.
    package var envelopeID: String?
    package init() {}
}

/// Parameters of RCPT, RFC 3461.
package struct RecipientParameters: Hashable, Sendable {
    package var notify: NotifyOptions?
    package var orcpt: OriginalRecipient?
    package init() {}
}

/// A command that the grammar refuses, with the reply that says so.
package struct SMTPSyntaxError: Error, Hashable, Sendable {
    package var reply: SMTPReply
    /// Set when an address was at fault: what the client wrote (logged as `Illegal address syntax`).
    package var address: String?

    init(_ reply: SMTPReply, address: String? = nil) {
        self.reply = reply
        self.address = address
    }
}
