internal import Mail

/// From a server's words to a recipient's status, in Postfix's texts.
///
/// Different from Postfix: a reply that fits nowhere (`Protocol error`) defers the mail instead of returning it.
struct ClientStatus {
    /// What is kept of a reply's text: it goes into the log, the queue and reports (Postfix: line_length_limit).
    static let maximumText = 2048

    let peer: PeerName

    /// A refusal in reply to a command.
    func refusal(_ reply: SMTPReply, inReplyTo command: String) -> DeliveryStatus {
        let text = Self.text(reply)
        return status(reply, "host \(peer) said: \(text) (in reply to \(command))", text)
    }

    func greetingRefusal(_ reply: SMTPReply, asTemporary: Bool) -> DeliveryStatus {
        let text = Self.text(reply)
        var status = status(reply, "host \(peer) refused to talk to me: \(text)", text)
        if asTemporary, status.outcome == .bounced {
            status.outcome = .deferred
            status.code = status.code.withClass(.temporary)
        }
        return status
    }

    private func status(_ reply: SMTPReply, _ said: String, _ text: String) -> DeliveryStatus {
        let diagnostic = RemoteDiagnostic(type: "smtp", text: text, host: peer.host)
        if reply.isPermanentFailure {
            return DeliveryStatus(.bounced, reply.status ?? EnhancedStatus(.permanent, 0, 0), said, diagnostic: diagnostic)
        }
        if reply.isTransientFailure {
            return DeliveryStatus(.deferred, reply.status ?? EnhancedStatus(.temporary, 0, 0), said, diagnostic: diagnostic)
        }
        return DeliveryStatus(.deferred, EnhancedStatus(.temporary, 5, 0), "Protocol error: " + said, diagnostic: diagnostic)
    }

    /// - Parameter reportsBack: the server has DSN: it will tell the sender of success, if asked.
    func sent(_ reply: SMTPReply, _ recipient: EnvelopeRecipient, reportsBack: Bool) -> DeliveryStatus {
        let text = Self.text(reply)
        let wasAsked = recipient.notify?.contains(.success) == true
        return DeliveryStatus(
            wasAsked && !reportsBack ? .relayed : .sent, reply.status ?? EnhancedStatus(.success, 0, 0), text,
            diagnostic: RemoteDiagnostic(type: "smtp", text: text, host: peer.host))
    }

    func failure(_ failure: StreamFailure, while wait: ClientWait) -> DeliveryStatus {
        switch failure {
        case .closed: local(4, 2, "lost connection with \(peer) while \(wait.activity)")
        case .timedOut: local(4, 2, "conversation with \(peer) timed out while \(wait.activity)")
        case .malformed(let words):
            local(5, 0, "Protocol error: host \(peer) said: \(Self.printable(words)) (while \(wait.activity))")
        case .localData: local(3, 0, "local data error while talking to \(peer)")
        }
    }

    /// Temporary, and nobody's words but ours.
    private func local(_ subject: UInt16, _ detail: UInt16, _ text: String) -> DeliveryStatus {
        DeliveryStatus(.deferred, EnhancedStatus(.temporary, subject, detail), text)
    }

    static func text(_ reply: SMTPReply) -> String { printable(reply.description) }

    private static func printable(_ text: String) -> String {
        if text.utf8.count <= maximumText, text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) { return text }
        let bytes = text.utf8.prefix(maximumText).map { $0 >= 0x20 && $0 != 0x7f ? $0 : UInt8(ascii: "?") }
        return String(decoding: bytes, as: UTF8.self)
    }
}
