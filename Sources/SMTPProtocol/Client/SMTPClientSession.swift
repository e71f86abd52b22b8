internal import Mail

/// The order of an SMTP session on the client's side, RFC 5321 section 4.1.4 and RFC 2920. No I/O, no clock, no logging.
///
/// The caller connects, feeds every reply to ``receive(_:)``, does what the returned step says, and tells of a broken conversation
/// by ``fail(_:)``. After ``ClientStep/Action/ready`` any number of transactions follow one another.
///
/// *Failure:* a recipient is `sent` only by a 2xx reply to the end of content; whatever is not a definite refusal is temporary.
package struct SMTPClientSession: Sendable {
    private enum State: Sendable {
        case greeting
        case ehlo
        case helo
        /// `needsReset`: the last transaction was not ended by its content.
        case ready(needsReset: Bool)
        case transaction(ClientTransactionProgress)
        case over
    }

    private let options: ClientOptions
    private let texts: ClientStatus
    private var state = State.greeting
    /// Something was said out of order: no further transaction.
    private var isBroken = false
    private var isLost = false
    /// Transactions begun on this connection.
    package private(set) var uses = 0
    package private(set) var features = PeerFeatures()

    package init(_ options: ClientOptions, peer: PeerName) {
        self.options = options
        texts = ClientStatus(peer: peer)
    }

    package var peer: PeerName { texts.peer }

    /// What the server owes us; nil when it is our turn or all is over.
    package var wait: ClientWait? {
        switch state {
        case .greeting: .greeting
        case .ehlo: .ehlo
        case .helo: .helo
        case .transaction(let progress): progress.stage.wait
        case .ready, .over: nil
        }
    }

    package var isReady: Bool {
        if case .ready = state { true } else { false }
    }

    // MARK: What the server says

    package mutating func receive(_ reply: SMTPReply) -> ClientStep {
        switch state {
        case .greeting: return greeted(reply)
        case .ehlo: return answeredEHLO(reply)
        case .helo: return answeredHELO(reply)
        case .transaction(var progress):
            // Owned by `progress` alone while it changes, so that nothing is copied.
            state = .over
            return advance(&progress, reply)
        case .ready:
            // Unasked: nearly always "421 idle for too long".
            state = .over
            return ClientStep(.stale)
        case .over: return ClientStep(.wait)
        }
    }

    private mutating func greeted(_ reply: SMTPReply) -> ClientStep {
        guard reply.isPositiveCompletion else {
            return refuse(reply, asTemporary: options.skips5xxGreeting)
        }
        let announcesESMTP = reply.lines.contains {
            $0.split(separator: " ").dropFirst().contains { $0.lowercased() == "esmtp" }
        }
        let useEHLO = !options.neverSendsEHLO && (options.alwaysSendsEHLO || announcesESMTP)
        return useEHLO ? hello("EHLO ", .ehlo) : hello("HELO ", .helo)
    }

    private mutating func answeredEHLO(_ reply: SMTPReply) -> ClientStep {
        guard reply.isPositiveCompletion else {
            // RFC 5321 section 3.2: an old server may still know HELO.
            return reply.code == 421 ? refuse(reply, asTemporary: false) : hello("HELO ", .helo)
        }
        features = PeerFeatures(reply: reply, discarding: options.discardedKeywords)
        return shookHands(reply)
    }

    private mutating func answeredHELO(_ reply: SMTPReply) -> ClientStep {
        guard reply.isPositiveCompletion else { return refuse(reply, asTemporary: false) }
        return shookHands(reply)
    }

    private mutating func hello(_ verb: String, _ next: State) -> ClientStep {
        var bytes: [UInt8] = []
        ClientCommands.append(verb, options.heloName, to: &bytes)
        state = next
        return ClientStep(.send(bytes))
    }

    private mutating func shookHands(_ reply: SMTPReply) -> ClientStep {
        let name = reply.lines.first?.split(separator: " ").first.map(String.init) ?? ""
        guard options.detectsLoops, name.equalsIgnoringCase(options.myHostname) else {
            state = .ready(needsReset: false)
            return ClientStep(.ready)
        }
        state = .over
        let isForEver = options.isBestExchanger
        let status = DeliveryStatus(
            isForEver ? .bounced : .deferred, EnhancedStatus(isForEver ? .permanent : .temporary, 4, 6),
            "mail for \(peer.host) loops back to myself")
        return ClientStep(.failed(status, mayRetryElsewhere: false))
    }

    private mutating func refuse(_ reply: SMTPReply, asTemporary: Bool) -> ClientStep {
        state = .over
        let status = texts.greetingRefusal(reply, asTemporary: asTemporary)
        return ClientStep(.failed(status, mayRetryElsewhere: status.outcome == .deferred))
    }

    // MARK: A transaction

    /// Begins to send a message; only when ``isReady``.
    package mutating func begin(_ transaction: ClientTransaction) -> ClientStep {
        guard case .ready(let needsReset) = state else {
            preconditionFailure("a transaction begins in a session that is ready")
        }
        uses += 1
        if let verdict = objection(to: transaction) {
            let verdicts = transaction.recipients.indices.map {
                ClientVerdict(recipient: $0, status: verdict.status, mayRetryElsewhere: verdict.mayRetryElsewhere)
            }
            return ClientStep(.finished(isReusable: true), verdicts)
        }
        var progress = ClientTransactionProgress(transaction, needsReset: needsReset, isKept: uses > 1, features: features)
        let step = progress.start()
        state = step.action == .finished(isReusable: true) ? .ready(needsReset: needsReset) : .transaction(progress)
        return step
    }

    /// Why this server cannot take this message at all.
    private func objection(to transaction: ClientTransaction) -> (status: DeliveryStatus, mayRetryElsewhere: Bool)? {
        if transaction.requiresSMTPUTF8, !features.smtpUTF8 {
            let text = "SMTPUTF8 is required, but was not offered by host \(peer)"
            return (DeliveryStatus(.bounced, EnhancedStatus(.permanent, 6, 7), text), true)
        }
        if transaction.body == .eightBitMIME, !features.eightBitMIME, !options.sendsEightBitAnyway {
            let text = "8BITMIME is required, but was not offered by host \(peer)"
            return (DeliveryStatus(.bounced, EnhancedStatus(.permanent, 6, 3), text), true)
        }
        if let limit = features.sizeLimit, transaction.size > limit {
            let text = "message size \(transaction.size) exceeds size limit \(limit) of server \(peer)"
            return (DeliveryStatus(.bounced, EnhancedStatus(.permanent, 3, 4), text), false)
        }
        return nil
    }

    private mutating func advance(_ progress: inout ClientTransactionProgress, _ reply: SMTPReply) -> ClientStep {
        // A server that closes a kept connection says so in place of an answer.
        if progress.isKept, !progress.contentBegan,
            reply.code == 421 || (progress.stage == .reset && !reply.isPositiveCompletion)
        {
            return ClientStep(.stale)
        }
        if progress.isOutOfOrder(reply) { isBroken = true }
        var step = progress.receive(reply, texts)
        if case .finished = step.action {
            step.action = .finished(isReusable: !isBroken)
            state = isBroken ? .over : .ready(needsReset: progress.needsReset)
        } else {
            state = .transaction(progress)
        }
        return step
    }

    /// Content and its end have been written.
    package mutating func contentEnded() -> ClientStep {
        guard case .transaction(var progress) = state, progress.stage == .content else {
            preconditionFailure("content ends after it was asked for")
        }
        progress.stage = .end
        guard let early = progress.earlyReply else {
            state = .transaction(progress)
            return ClientStep(.wait)
        }
        // Whatever it meant, the session is out of step.
        isBroken = true
        state = .over
        guard early.isTransientFailure || early.isPermanentFailure else {
            return end(progress, .malformed("\(early)"), at: .content)
        }
        return advance(&progress, early)
    }

    // MARK: The end

    /// The conversation broke.
    package mutating func fail(_ failure: StreamFailure) -> ClientStep {
        defer {
            state = .over
            isLost = true
        }
        switch state {
        case .greeting, .ehlo, .helo:
            guard let wait else { preconditionFailure("a handshake waits for its reply") }
            return ClientStep(.failed(texts.failure(failure, while: wait), mayRetryElsewhere: true))
        case .ready, .over: return ClientStep(.stale)
        case .transaction(let progress):
            if failure == .closed, progress.isKept, !progress.contentBegan { return ClientStep(.stale) }
            if failure == .closed, let early = progress.earlyReply, early.isTransientFailure || early.isPermanentFailure {
                // The server refused in the middle of the content and hung up: these are its last words.
                var progress = progress
                progress.stage = .end
                isBroken = true
                return advance(&progress, early)
            }
            return end(progress, failure, at: progress.stage.wait)
        }
    }

    private func end(_ progress: ClientTransactionProgress, _ failure: StreamFailure, at wait: ClientWait) -> ClientStep {
        let status = texts.failure(failure, while: wait)
        let verdicts = progress.undecided.map {
            // After the end of content the message may have arrived, so another server is not given it at once.
            ClientVerdict(recipient: $0, status: status, mayRetryElsewhere: failure != .localData && wait != .end)
        }
        if failure == .localData { return ClientStep(.aborted, verdicts) }
        return ClientStep(.failed(status, mayRetryElsewhere: wait != .end), verdicts)
    }

    /// Goodbye; the reply is of no interest. nil when nothing may be said any more.
    package mutating func quit() -> [UInt8]? {
        defer { state = .over }
        switch state {
        case .greeting, .transaction: return nil
        case .ehlo, .helo, .ready, .over: return isLost ? nil : Array("QUIT\r\n".utf8)
        }
    }
}
