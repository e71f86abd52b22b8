internal import Configuration
internal import DaemonKit
internal import Glibc
internal import Mail
internal import MailLog
internal import MessageFormat
internal import NIOCore
internal import NIOPosix
internal import Platform
internal import Wire

/// One submission of one local program: from its request to its answer.
@EventLoopActor
struct LocalSession {
    /// How long a caller may be silent. Commands pipe into sendmail for as long as they like, so this is long.
    private static let patience = Duration.seconds(3600)
    /// What cleanup may take; a client's own patience is longer.
    private static let cleanupPatience = Duration.seconds(570)

    private let connection: WireConnection
    private let user: UInt32
    private let service: PickupService
    private let isOverLimit: Bool

    init(_ connection: WireConnection, user: UInt32, service: PickupService, isOverLimit: Bool) {
        self.connection = connection
        self.user = user
        self.service = service
        self.isOverLimit = isOverLimit
    }

    func run() async {
        defer { connection.close() }
        var isQueueManager = false
        do {
            let frame = try await connection.receive(within: Self.patience)
            if frame.isA(RequeueRequest.self), user == 0 || user == geteuid() {
                isQueueManager = true
                return try await RequeueSession(connection, user: user, service: service).run(try frame.decode())
            }
            let result = await answer(try frame.decode(), frame.payload)
            connection.send(result)
            try await connection.drain()
        } catch WireFailure.closed where isQueueManager {
            // It has nothing more to hand in again.
        } catch {
            // The caller is gone: it knows that nothing was answered.
            Log.warning("uid \(user): local submission given up: \(error)")
        }
    }

    private func answer(_ request: LocalSubmission, _ payload: ByteBuffer) async -> LocalSubmissionResult {
        let name: String
        do {
            let user = user
            name = try await NIOThreadPool.singleton.runIfActive { try UserAccount.numbered(user)?.name ?? "uid\(user)" }
        } catch {
            return .failed(.temporary, "the name service does not answer: \(error)")
        }
        guard !isOverLimit else { return .failed(.temporary, "too many submissions at once by user \(name)") }
        guard service.settings.authorized.allows(name) else {
            return .failed(.notPermitted, "User \(name)(\(user)) is not allowed to submit mail")
        }
        do {
            return try await submit(request, payload, login: name)
        } catch {
            Log.warning("uid \(user): cleanup is not available: \(error)")
            return .failed(.temporary, "mail system is not available: queue file write error")
        }
    }

    private func submit(
        _ request: LocalSubmission, _ payload: ByteBuffer, login: String
    ) async throws -> LocalSubmissionResult {
        let now = SystemTime().wall
        let queueID = service.nextQueueID()
        let sender = ReversePath(internal: request.sender ?? login)
        var envelope = Envelope(
            queueID: queueID, sender: sender,
            recipients: request.recipients.map { recipient in
                var recipient = EnvelopeRecipient(EmailAddress(internal: recipient))
                recipient.notify = request.notify
                return recipient
            }, arrival: now)
        envelope.client.uid = user
        envelope.rewriteContext = .local
        envelope.body = request.body
        envelope.smtpUTF8 = request.smtpUTF8
        envelope.returnContent = request.returnContent
        envelope.envelopeID = request.envelopeID
        envelope.verp = request.verp
        envelope.trace = request.trace
        Log.info("\(queueID): uid=\(user) from=<\(sender.externalForm)>")

        let zone = LocalZone(at: now / 1_000_000)
        let received = ReceivedField(
            .localUser(uid: user), hostname: service.settings.hostname, mailName: service.settings.mailName, queueID: queueID,
            date: MailDate.text(seconds: now / 1_000_000, zone: ZoneOffset(seconds: zone.offset, name: zone.name)))
        var flags: Submission.Flags = [.completeHeaders]
        if request.recipientsFromHeaders { flags.insert(.recipientsFromHeaders) }
        var submission = Submission(envelope: envelope, flags: flags, prepended: received.bytes, contentLength: nil)
        submission.fullName = request.fullName

        let cleanup = try await WireEndpoints.connect(to: "public/cleanup")
        defer { cleanup.close() }
        try await transfer(request, payload, submission, to: cleanup)
        let (result, _) = try await cleanup.receive(SubmissionResult.self, within: Self.cleanupPatience)
        return .init(result.verdict, queueID: queueID)
    }

    /// Gives the content on in wire form: in one frame when it came in one, else as it comes.
    private func transfer(
        _ request: LocalSubmission, _ payload: ByteBuffer, _ submission: Submission, to cleanup: WireConnection
    ) async throws {
        var endings = WireLineEndings()
        if request.contentLength != nil {
            var content: [UInt8] = []
            endings.append(payload.readableBytesUInt8Span, to: &content)
            endings.finish(into: &content)
            if content.count <= Int(WireFrameHeader.maximumPayload) {
                var whole = submission
                whole.contentLength = UInt32(content.count)
                cleanup.send(whole, payload: ByteBuffer(bytes: content))
                return
            }
            cleanup.send(submission)
            send(content, to: cleanup)
        } else {
            cleanup.send(submission)
            var isLast = false
            while !isLast {
                let (chunk, bytes) = try await connection.receive(LocalContentChunk.self, within: Self.patience)
                isLast = chunk.last
                var content: [UInt8] = []
                endings.append(bytes.readableBytesUInt8Span, to: &content)
                if isLast { endings.finish(into: &content) }
                send(content, to: cleanup)
                try await cleanup.drain()
            }
        }
        cleanup.send(ContentEnd(complete: true))
    }

    /// In as many frames as it needs: content grows when each LF becomes CR LF.
    private func send(_ content: [UInt8], to cleanup: WireConnection) {
        let limit = Int(WireFrameHeader.maximumPayload)
        for start in stride(from: 0, to: content.count, by: limit) {
            cleanup.send(ContentChunk(), payload: ByteBuffer(bytes: content[start..<min(content.count, start + limit)]))
        }
    }
}
