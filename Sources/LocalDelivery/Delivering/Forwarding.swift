internal import DaemonKit
internal import Mail
internal import MailLog
internal import MessageFormat
internal import NIOCore
internal import Platform
internal import Spool
internal import Wire

/// Sends a message on to other addresses, as a new message of this suite.
///
/// Its origin makes its arrival the completion of the recipient. There can be only one such child of a recipient: when lists in
/// lists give several senders, the others go first, without origin.
/// *Failure:* a status that defers, or returns what cleanup refuses for good.
@EventLoopActor
final class Forwarding {
    private let settings: LocalSettings
    private let cleanup: CleanupClient
    private var identifiers: QueueIDGenerator
    private let time: any TimeSource

    init(settings: LocalSettings, lease: UInt64, cleanup: CleanupClient, time: any TimeSource) {
        self.settings = settings
        self.cleanup = cleanup
        self.time = time
        identifiers = QueueIDGenerator(lease: lease, time: time)
    }

    struct Group {
        var sender: ReversePath
        var isList: Bool
        var addresses: [EmailAddress]
    }

    /// By sender, in order of their first member.
    static func groups(_ results: [ExpansionResult]) -> [Group] {
        var groups: [Group] = []
        for case .forward(let address, let context) in results {
            if let index = groups.firstIndex(where: { $0.sender == context.sender && $0.isList == context.isList }) {
                groups[index].addresses.append(address)
            } else {
                groups.append(Group(sender: context.sender, isList: context.isList, addresses: [address]))
            }
        }
        return groups
    }

    /// - Parameter completes: the child's arrival completes the recipient.
    func send(
        _ group: Group, _ content: MessageContent, of recipient: RequestedRecipient, in request: DeliveryRequest,
        completes: Bool
    ) async -> DeliveryStatus {
        let id = identifiers.next()
        let now = time.wall
        var envelope = Envelope(
            queueID: id, sender: group.sender, recipients: group.addresses.map { child(of: recipient.recipient, $0, group) },
            arrival: now)
        inherit(from: request.envelope, isList: group.isList, into: &envelope)
        if completes {
            envelope.origin = MessageOrigin(parent: request.location, recipients: [recipient.ordinal], purpose: .forward)
        }
        let submission = Submission(
            envelope: envelope, flags: [.internalOrigin, .noHeaderBodyChecks],
            prepended: prepended(id, recipient.recipient.address, now), contentLength: nil)
        do {
            let verdict: SubmissionResult.Verdict
            switch try content.wireForm() {
            case .whole(let bytes): verdict = try await cleanup.submit(submission, content: bytes)
            case .stream(var stream):
                verdict = try await cleanup.submit(submission) {
                    try stream.next(maximum: CleanupClient.chunkSize).map { ByteBuffer(bytes: $0) }
                }
            }
            return status(verdict, id)
        } catch {
            Log.warning("\(request.envelope.queueID): \(error)")
            return DeliveryStatus(.deferred, EnhancedStatus(.temporary, 3, 0), "unable to forward message")
        }
    }

    private func status(_ verdict: SubmissionResult.Verdict, _ id: QueueID) -> DeliveryStatus {
        switch verdict {
        case .accepted, .discarded: DeliveryStatus(.expanded, .delivered, "forwarded as \(id)")
        case .refused(_, let code, let text):
            DeliveryStatus(
                code.statusClass == .permanent ? .bounced : .deferred,
                code.statusClass == .success ? EnhancedStatus(.temporary, 3, 0) : code, "unable to forward message: \(text)")
        }
    }

    /// RFC 3461 section 5.2.7: an alias passes the request on without SUCCESS, a list does not.
    private func child(of parent: EnvelopeRecipient, _ address: EmailAddress, _ group: Group) -> EnvelopeRecipient {
        var recipient = EnvelopeRecipient(address)
        guard !group.isList else { return recipient }
        recipient.original = parent.original ?? parent.address
        recipient.orcpt = parent.orcpt
        recipient.notify = parent.notify.map { $0.subtracting(.success) }
        return recipient
    }

    private func inherit(from parent: Envelope, isList: Bool, into envelope: inout Envelope) {
        envelope.body = parent.body
        envelope.smtpUTF8 = parent.smtpUTF8
        envelope.requireTLS = parent.requireTLS
        envelope.tlsNotRequired = parent.tlsNotRequired
        envelope.client = parent.client
        envelope.sasl = parent.sasl
        envelope.rewriteContext = parent.rewriteContext
        envelope.priority = parent.priority
        guard !isList else { return }
        envelope.envelopeID = parent.envelopeID
        envelope.returnContent = parent.returnContent
    }

    private func prepended(_ id: QueueID, _ delivered: EmailAddress, _ now: Int64) -> [UInt8] {
        let zone = LocalZone(at: now / 1_000_000)
        let date = MailDate.text(seconds: now / 1_000_000, zone: ZoneOffset(seconds: zone.offset, name: zone.name))
        var bytes = ReceivedField(
            .internalMail, hostname: settings.hostname, mailName: settings.mailName, queueID: id, date: date
        ).bytes
        if settings.deliveredHeader.contains(.forward) {
            let address = PrependedHeaders.neutral(delivered.externalForm.lowercasedASCII)
            bytes += Array("Delivered-To: \(address)\r\n".utf8)
        }
        return bytes
    }
}
