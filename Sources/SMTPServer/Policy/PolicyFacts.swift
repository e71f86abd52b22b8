internal import Mail
internal import SMTPProtocol

/// What policy may know of a session when it is asked.
struct PolicyFacts: Sendable {
    var peer: ClientPeer
    var helo: String?
    var isExtended: Bool
    var sender: ReversePath?
    var recipient: EmailAddress?
    var improperPipelining = false

    init(peer: ClientPeer, helo: String?, isExtended: Bool) {
        self.peer = peer
        self.helo = helo
        self.isExtended = isExtended
    }

    /// `ID: reject: RCPT from N[A]: TEXT; from=<S> to=<R> proto=ESMTP helo=<H>`
    func logLine(_ note: PolicyNote, stage: String, queueID: QueueID?) -> String {
        var line = queueID?.description ?? "NOQUEUE"
        line += ": " + note.action + ": " + stage + " from " + peer.text + ": " + note.text + ";"
        if let sender { line += " from=<" + sender.externalForm + ">" }
        if let recipient { line += " to=<" + recipient.externalForm + ">" }
        line += isExtended ? " proto=ESMTP" : " proto=SMTP"
        if let helo { line += " helo=<" + helo + ">" }
        return line
    }
}

/// Something that policy wants in the log.
struct PolicyNote: Equatable, Sendable {
    /// `reject`, `reject_warning`, `hold`, `discard`, `filter`, `redirect`, `prepend`, `warn`, `info`
    var action: String
    var text: String

    init(_ action: String, _ text: String) {
        self.action = action
        self.text = text
    }
}

/// What policy says.
struct PolicyOutcome: Equatable, Sendable {
    /// nil: go on.
    var refusal: SMTPReply?
    var notes: [PolicyNote] = []
    var effects: AccessEffects?

    static let pass = PolicyOutcome()

    static func refused(_ reply: SMTPReply) -> PolicyOutcome {
        PolicyOutcome(refusal: reply, notes: [PolicyNote("reject", reply.description)])
    }
}
