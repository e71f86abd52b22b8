internal import DaemonKit
internal import Mail
internal import MailLog
internal import MessageFormat
internal import NIOCore
internal import Platform
internal import SMTPProtocol
internal import Wire

/// From 354 to the answer: content is collected or streamed, handed to cleanup, and acknowledged when cleanup has.
extension ClientSession {
    func beginContent() {
        phase = .content(
            ContentTransfer(
                declared: machine.transaction?.parameters.size, sizeLimit: server.settings.limits.messageSize,
                budget: server.budget))
    }

    // MARK: - Streams

    /// Hands over what has been collected when it is large, or when all sessions together hold too much.
    func streamIfLarge(_ transfer: ContentTransfer) {
        if let link = transfer.link {
            guard transfer.held > 0 else { return }
            link.sendPart(transfer.takeCollected())
            awaitFlow(link)
        } else if transfer.held > server.settings.collectLimit || (server.budget.isExceeded && transfer.held > 0) {
            openStream(transfer)
        }
    }

    private func openStream(_ transfer: ContentTransfer) {
        waitForCleanup(.flow)
        server.cleanup.take { [self] link in
            if isClosed || transfer.earlyOutcome != nil {
                if let link { server.cleanup.giveBack(link) }
                return
            }
            guard let link, let submission = submission(contentLength: nil) else {
                transfer.earlyOutcome = .lost
                return resume()
            }
            transfer.link = link
            link.stream(submission) { [self] outcome in streamEnded(transfer, outcome) }
            link.sendPart(transfer.takeCollected())
            if link.takesMore(resume: { [self] in flowed() }) { resume() }
        }
    }

    /// Stops taking content until cleanup takes it.
    private func awaitFlow(_ link: CleanupLink) {
        if !link.takesMore(resume: { [self] in flowed() }) { waitForCleanup(.flow) }
    }

    private func flowed() {
        if case .flow = wait { resume() }
    }

    private func streamEnded(_ transfer: ContentTransfer, _ outcome: CleanupLink.Outcome) {
        transfer.link = nil
        if transfer.isHandedOver { return answered(transfer, outcome) }
        transfer.earlyOutcome = outcome
        _ = transfer.takeCollected()
        flowed()
    }

    // MARK: - The end of the content

    func contentEnded(_ transfer: ContentTransfer) {
        if transfer.isTooLarge { return refuse(transfer, .messageTooBig) }
        if let outcome = transfer.earlyOutcome { return answered(transfer, outcome) }
        if transfer.hasBareLineFeed, let refusal = server.policy.judgeBareNewline(peer) { return refuse(transfer, refusal) }
        if let refusal = judgeEndOfData(transfer) { return refuse(transfer, refusal) }
        if mail?.effects.discard == true {
            transfer.abandon()
            return answered(transfer, .answered(SubmissionResult(.discarded)))
        }
        if let link = transfer.link {
            if transfer.held > 0 { link.sendPart(transfer.takeCollected()) }
            transfer.isHandedOver = true
            waitForCleanup(.submission)
            link.endStream()
        } else {
            submit(transfer, attempts: 5)
        }
    }

    /// Hands over a whole message. A connection that cleanup had closed meanwhile is replaced once.
    private func submit(_ transfer: ContentTransfer, attempts: Int) {
        let content = transfer.content
        guard let submission = submission(contentLength: UInt32(clamping: content.readableBytes)) else {
            return answered(transfer, .lost)
        }
        waitForCleanup(.submission)
        transfer.isHandedOver = true
        server.cleanup.take { [self] link in
            guard let link else { return answered(transfer, .lost) }
            link.submit(submission, content) { [self] outcome in
                if case .notRead = outcome, attempts > 1, !isClosed {
                    submit(transfer, attempts: attempts - 1)
                } else {
                    answered(transfer, outcome)
                }
            }
        }
    }

    private func judgeEndOfData(_ transfer: ContentTransfer) -> SMTPReply? {
        var facts = PolicyFacts(peer: peer, helo: machine.clientName, isExtended: machine.isExtended)
        facts.sender = machine.transaction?.sender
        facts.improperPipelining = improperPipelining
        let outcome = server.policy.judgeEndOfData(facts)
        apply(outcome, facts, stage: "END-OF-MESSAGE")
        return outcome.refusal
    }

    private func refuse(_ transfer: ContentTransfer, _ reply: SMTPReply) {
        transfer.abandon()
        var facts = PolicyFacts(peer: peer, helo: machine.clientName, isExtended: machine.isExtended)
        facts.sender = machine.transaction?.sender
        Log.info(facts.logLine(.init("reject", reply.description), stage: "END-OF-MESSAGE", queueID: mail?.queueID))
        finish(reply)
    }

    private func answered(_ transfer: ContentTransfer, _ outcome: CleanupLink.Outcome) {
        transfer.abandon()
        // The session may have gone on without this answer (a time-out), or be over.
        guard case .content(let current) = phase, current === transfer else { return }
        guard case .answered(let result) = outcome else {
            Log.warning("\(mail?.queueID?.description ?? "NOQUEUE"): cleanup gave no answer, the client is asked to come again")
            return finish(.queueWriteError)
        }
        let reply: SMTPReply =
            switch result.verdict {
            case .accepted, .discarded: mail?.queueID.map(SMTPReply.queued) ?? .queueWriteError
            case .refused(let code, let status, let text): .refusal(code, status, text)
            }
        if result.delay > 0 {
            hold(for: .microseconds(Int64(min(result.delay, 60_000_000)))) { [self] in finish(reply) }
        } else {
            finish(reply)
        }
    }

    /// The transaction is over.
    private func finish(_ reply: SMTPReply) {
        phase = .commands
        let waited = wait != nil
        perform(machine.contentEnded(reply))
        if waited, !isClosed, isWaitingForCleanup { resume() }
    }

    private var isWaitingForCleanup: Bool {
        switch wait {
        case .submission, .flow: true
        case .name, .delay, .output, nil: false
        }
    }

    /// cleanup did not answer in time; whether the message is stored is unknown.
    func cleanupTimedOut() {
        guard case .content(let transfer) = phase else { return }
        Log.warning("\(mail?.queueID?.description ?? "NOQUEUE"): cleanup does not answer")
        transfer.isHandedOver = false
        transfer.abandon()
        transfer.earlyOutcome = .lost
        if transfer.isComplete { finish(.queueWriteError) } else { resume() }
    }

    // MARK: - The envelope

    private func submission(contentLength: UInt32?) -> Submission? {
        guard let mail, let id = mail.queueID, let transaction = machine.transaction else { return nil }
        var envelope = Envelope(
            queueID: id, sender: transaction.sender, recipients: transaction.recipients, arrival: mail.arrival)
        envelope.envelopeID = transaction.parameters.envelopeID
        envelope.returnContent = transaction.parameters.returnContent
        envelope.body = transaction.parameters.body
        envelope.smtpUTF8 = transaction.parameters.smtpUTF8
        envelope.client.name = peer.name
        envelope.client.address = peer.address == nil ? "" : peer.addressText
        envelope.client.port = peer.port
        envelope.client.transmissionProtocol = transmissionProtocol(transaction)
        envelope.client.helo = machine.clientName ?? ""
        envelope.contentFilter = mail.effects.filter
        envelope.redirect = mail.effects.redirect
        envelope.onHold = mail.effects.hold
        let isLocal = server.policy.rewritesHeaders(of: peer)
        envelope.rewriteContext = isLocal ? .local : .remote
        return Submission(
            envelope: envelope, flags: isLocal ? .completeHeaders : [],
            prepended: mail.effects.prepended + received(transaction, id),
            contentLength: contentLength)
    }

    private func received(_ transaction: MailTransaction, _ id: QueueID) -> [UInt8] {
        ReceivedField(
            .network(
                helo: machine.clientName ?? "", name: peer.name, address: peer.addressText,
                transmissionProtocol: transmissionProtocol(transaction), comments: [],
                recipient: transaction.recipients.count == 1 ? transaction.recipients[0].address : nil),
            hostname: server.settings.limits.hostname, mailName: server.settings.mailName, queueID: id,
            date: server.date(mail?.arrival ?? server.time.wall)
        ).bytes
    }

    /// RFC 6531 section 4.3, RFC 3848.
    private func transmissionProtocol(_ transaction: MailTransaction) -> String {
        (transaction.parameters.smtpUTF8 ? "UTF8" : "")
            + (machine.isExtended ? (transaction.parameters.smtpUTF8 ? "SMTP" : "ESMTP") : "SMTP")
    }
}
