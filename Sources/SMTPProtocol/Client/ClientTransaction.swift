package import Mail

/// A message to be sent: the envelope as far as the server hears of it.
package struct ClientTransaction: Hashable, Sendable {
    package var sender: ReversePath
    /// Octets of the content in wire form.
    package var size: UInt64
    package var body: BodyType?
    /// The sender asked for SMTPUTF8.
    package var smtpUTF8 = false
    /// Header or addresses cannot be sent without SMTPUTF8.
    package var requiresSMTPUTF8 = false
    package var envelopeID: String?
    package var returnContent: ReturnContent?
    package var recipients: [EnvelopeRecipient]
    /// Asks what the server would say to the recipients (an address probe, `sendmail -bv`): no content is sent.
    package var isProbe = false

    package init(sender: ReversePath, size: UInt64, recipients: [EnvelopeRecipient]) {
        self.sender = sender
        self.size = size
        self.recipients = recipients
    }
}
