internal import DaemonKit
internal import Mail
internal import MailLog
internal import MessageFormat
internal import NIOCore
internal import Platform
internal import Spool
internal import Wire

/// A connection of qmgr: messages that an operator wants handed in again (`postsuper -r`), one at a time.
///
/// The new message has a new queue ID and a new arrival, so that its time in the queue begins anew; sender, recipients as they are
/// now, and what the client asked for of DSN, MIME and rewriting stay, and addresses are rewritten and expanded again.
/// *Failure:* what cleanup did not take, or may not have taken, is answered with the reason: qmgr asks again, and the origin makes a
/// second message fall away.
@EventLoopActor
struct RequeueSession {
    private static let cleanupPatience = Duration.seconds(570)
    private static let idleLimit = Duration.seconds(100)

    private let connection: WireConnection
    private let user: UInt32
    private let service: PickupService

    init(_ connection: WireConnection, user: UInt32, service: PickupService) {
        self.connection = connection
        self.user = user
        self.service = service
    }

    func run(_ first: RequeueRequest) async throws {
        var request = first
        while true {
            connection.send(RequeueResult(error: await submit(request)))
            (request, _) = try await connection.receive(RequeueRequest.self, within: Self.idleLimit)
        }
    }

    /// nil when it is on stable storage.
    private func submit(_ request: RequeueRequest) async -> String? {
        let now = SystemTime().wall
        let old = request.envelope.queueID
        var envelope = request.envelope
        envelope.queueID = service.nextQueueID()
        envelope.arrival = now
        envelope.recipients = request.recipients.map(\.recipient)
        envelope.onHold = false
        envelope.holdUntil = nil
        envelope.contentFilter = nil
        envelope.redirect = nil
        envelope.origin = MessageOrigin(
            parent: request.location, recipients: request.recipients.map(\.ordinal), purpose: .requeue)
        let sender = envelope.sender.externalForm
        Log.info("\(envelope.queueID): uid=\(user) from=<\(sender)> orig_id=\(old)")
        let zone = LocalZone(at: now / 1_000_000)
        let received = ReceivedField(
            .localUser(uid: user), hostname: service.settings.hostname, mailName: service.settings.mailName,
            queueID: envelope.queueID,
            date: MailDate.text(seconds: now / 1_000_000, zone: ZoneOffset(seconds: zone.offset, name: zone.name)))
        let submission = Submission(
            envelope: envelope, flags: [.internalOrigin], prepended: received.bytes, contentLength: nil)
        do {
            let reader = ContentReader(queueDirectory: "", fileSystem: POSIXFileSystem(), maximumDescriptors: 2)
            var stream = try reader.open(request.content)
            let verdict = try await CleanupClient(timeLimit: Self.cleanupPatience).submit(submission) {
                try stream.next(maximum: CleanupClient.chunkSize).map { ByteBuffer(bytes: $0) }
            }
            switch verdict {
            case .accepted, .discarded: return nil
            case .refused(let reply, let status, let text): return "\(reply) \(status) \(text)"
            }
        } catch {
            return "\(error)"
        }
    }
}
