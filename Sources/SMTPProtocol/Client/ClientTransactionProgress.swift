internal import Mail

/// How far one transaction has come: which reply is next, and who was accepted.
///
/// With PIPELINING (RFC 2920) MAIL, all RCPT and DATA go out at once, else each waits for the reply before.
struct ClientTransactionProgress: Sendable {
    enum Stage: Hashable, Sendable {
        case reset
        case mail
        /// Index in ``sent``.
        case recipient(Int)
        case data
        case content
        case end
        /// DATA was accepted although nobody was: an empty content ends it.
        case emptyEnd

        var wait: ClientWait {
            switch self {
            case .reset: .reset
            case .mail: .mail
            case .recipient: .recipient
            case .data: .data
            case .content: .content
            case .end, .emptyEnd: .end
            }
        }
    }

    private let transaction: ClientTransaction
    private let features: PeerFeatures
    /// The connection has carried a transaction before.
    let isKept: Bool
    var stage: Stage
    /// RSET must go before the next transaction.
    private(set) var needsReset: Bool
    /// What came while the content was still going out.
    private(set) var earlyReply: SMTPReply?
    /// Recipients whose address can be sent, as indices of the transaction's.
    private var sent: [Int] = []
    private var accepted: [Int] = []
    private var mailRefused = false

    init(_ transaction: ClientTransaction, needsReset: Bool, isKept: Bool, features: PeerFeatures) {
        self.transaction = transaction
        self.features = features
        self.isKept = isKept
        self.needsReset = needsReset
        stage = needsReset ? .reset : .mail
    }

    var contentBegan: Bool {
        switch stage {
        case .content, .end: true
        case .reset, .mail, .recipient, .data, .emptyEnd: false
        }
    }

    /// Recipients that no verdict has been given for.
    var undecided: [Int] {
        if mailRefused { return [] }
        switch stage {
        case .reset, .mail: return sent
        case .recipient(let next): return accepted + sent[next...]
        case .data, .content, .end: return accepted
        case .emptyEnd: return []
        }
    }

    // MARK: Sending

    /// The first commands, and verdicts for addresses that no command can carry.
    mutating func start() -> ClientStep {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(256)
        if needsReset { ClientCommands.append("RSET", to: &bytes) }
        let beforeMail = bytes.count
        guard ClientCommands.appendMail(transaction, features, to: &bytes) else {
            let status = Self.unusable("sender", 7)
            return ClientStep(
                .finished(isReusable: true),
                transaction.recipients.indices.map { ClientVerdict(recipient: $0, status: status, mayRetryElsewhere: false) })
        }
        let afterMail = bytes.count
        var verdicts: [ClientVerdict] = []
        for (index, recipient) in transaction.recipients.enumerated() {
            if ClientCommands.appendRecipient(recipient, features, to: &bytes) {
                sent.append(index)
            } else {
                let status = Self.unusable("recipient", 3)
                verdicts.append(ClientVerdict(recipient: index, status: status, mayRetryElsewhere: false))
            }
        }
        if sent.isEmpty { return ClientStep(.finished(isReusable: true), verdicts) }
        if features.pipelining {
            if !transaction.isProbe { ClientCommands.append("DATA", to: &bytes) }
        } else {
            bytes.removeSubrange((needsReset ? beforeMail : afterMail)...)
        }
        return ClientStep(.send(bytes), verdicts)
    }

    private static func unusable(_ role: String, _ detail: UInt16) -> DeliveryStatus {
        DeliveryStatus(
            .bounced, EnhancedStatus(.permanent, 1, detail),
            "the \(role) address holds characters that no SMTP command can carry")
    }

    /// The command of the present stage, when commands go out one by one.
    private func command() -> ClientStep.Action {
        if features.pipelining { return .wait }
        var bytes: [UInt8] = []
        switch stage {
        case .mail: _ = ClientCommands.appendMail(transaction, features, to: &bytes)
        case .recipient(let index):
            _ = ClientCommands.appendRecipient(transaction.recipients[sent[index]], features, to: &bytes)
        case .data: ClientCommands.append("DATA", to: &bytes)
        case .reset, .content, .end, .emptyEnd: return .wait
        }
        return .send(bytes)
    }

    // MARK: Receiving

    /// Whether this reply means that the two sides no longer understand each other (as in Postfix, smtp_check_code).
    func isOutOfOrder(_ reply: SMTPReply) -> Bool {
        if reply.code == 421 || reply.code == 555 || (500..<510).contains(reply.code) {
            // With nobody accepted, or MAIL refused, 503 is the right answer to what was sent in advance.
            return reply.code != 503 || !(features.pipelining && accepted.isEmpty)
        }
        switch stage {
        case .data: return reply.isPositiveCompletion
        case .content: return false
        case .reset, .mail, .recipient, .end, .emptyEnd: return reply.isIntermediate
        }
    }

    mutating func receive(_ reply: SMTPReply, _ texts: ClientStatus) -> ClientStep {
        switch stage {
        case .reset:
            needsReset = false
            stage = .mail
            return ClientStep(command())
        case .mail: return answeredMail(reply, texts)
        case .recipient(let index): return answeredRecipient(reply, index, texts)
        case .data: return answeredData(reply, texts)
        case .content:
            if earlyReply == nil { earlyReply = reply }
            return ClientStep(.wait)
        case .end:
            needsReset = false
            return ClientStep(.finished(isReusable: true), answeredEnd(reply, texts))
        case .emptyEnd:
            needsReset = false
            return ClientStep(.finished(isReusable: true))
        }
    }

    private mutating func answeredMail(_ reply: SMTPReply, _ texts: ClientStatus) -> ClientStep {
        stage = .recipient(0)
        needsReset = true
        if reply.isPositiveCompletion { return ClientStep(command()) }
        let verdicts = refuse(sent, texts.refusal(reply, inReplyTo: "MAIL FROM command"))
        mailRefused = true
        needsReset = false
        return ClientStep(features.pipelining ? .wait : .finished(isReusable: true), verdicts)
    }

    private mutating func answeredRecipient(_ reply: SMTPReply, _ index: Int, _ texts: ClientStatus) -> ClientStep {
        var verdicts: [ClientVerdict] = []
        if !mailRefused {
            if reply.isPositiveCompletion {
                if transaction.isProbe {
                    verdicts = [deliverable(sent[index], reply, texts)]
                } else {
                    accepted.append(sent[index])
                }
            } else {
                verdicts = refuse([sent[index]], texts.refusal(reply, inReplyTo: "RCPT TO command"))
            }
        }
        if index + 1 < sent.count {
            stage = .recipient(index + 1)
            return ClientStep(command(), verdicts)
        }
        stage = .data
        if transaction.isProbe || (accepted.isEmpty && !features.pipelining) {
            return ClientStep(.finished(isReusable: true), verdicts)
        }
        return ClientStep(command(), verdicts)
    }

    private mutating func answeredData(_ reply: SMTPReply, _ texts: ClientStatus) -> ClientStep {
        guard reply.isIntermediate else {
            return ClientStep(.finished(isReusable: true), refuse(accepted, texts.refusal(reply, inReplyTo: "DATA command")))
        }
        if accepted.isEmpty {
            // RFC 2920 section 3.1: the server must be given its end of content; it will refuse it.
            stage = .emptyEnd
            return ClientStep(.send(Array(".\r\n".utf8)))
        }
        stage = .content
        return ClientStep(.sendContent)
    }

    private func answeredEnd(_ reply: SMTPReply, _ texts: ClientStatus) -> [ClientVerdict] {
        guard reply.isPositiveCompletion else {
            return refuse(accepted, texts.refusal(reply, inReplyTo: "end of DATA command"))
        }
        return accepted.map { deliverable($0, reply, texts) }
    }

    private func deliverable(_ index: Int, _ reply: SMTPReply, _ texts: ClientStatus) -> ClientVerdict {
        ClientVerdict(
            recipient: index,
            status: texts.sent(reply, transaction.recipients[index], reportsBack: features.deliveryStatus),
            mayRetryElsewhere: false)
    }

    private func refuse(_ recipients: [Int], _ status: DeliveryStatus) -> [ClientVerdict] {
        recipients.map { ClientVerdict(recipient: $0, status: status, mayRetryElsewhere: status.outcome == .deferred) }
    }
}
