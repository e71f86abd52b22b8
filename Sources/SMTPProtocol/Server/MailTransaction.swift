package import Mail

/// What MAIL and RCPT have said so far. Sender and recipients come and go together.
package struct MailTransaction: Equatable, Sendable {
    package var sender: ReversePath
    package var parameters: MailParameters
    package var recipients: [EnvelopeRecipient] = []
    /// Recipients refused for their number so far.
    var overshoot = 0

    init(sender: ReversePath, parameters: MailParameters) {
        self.sender = sender
        self.parameters = parameters
    }
}
