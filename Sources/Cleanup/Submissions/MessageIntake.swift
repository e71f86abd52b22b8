internal import DaemonKit
internal import Mail
internal import MailLog
internal import MessageFormat
internal import NIOCore
internal import Platform
internal import Spool
internal import Wire

/// What becomes of a message that has come as a whole: prepared, committed, answered.
@EventLoopActor
final class MessageIntake {
    private let settings: CleanupSettings
    private let preparation: MessagePreparation
    /// Which message is being prepared, should it be the last one.
    var breadcrumb = Breadcrumb()
    private let group: GroupCommit
    private let announcer: ArrivalAnnouncer
    private let makeJob: (_ isInternal: Bool) -> LargeContentJob
    private let contentThreads = BlockingThreads(count: 2)
    private let inflowDelay: InflowDelay
    private var dates = MailDateCache { seconds in
        let zone = LocalZone(at: seconds)
        return ZoneOffset(seconds: zone.offset, name: zone.name)
    }
    private var sessions: [ObjectIdentifier: SubmissionSession] = [:]
    private var isStopping = false
    private var onIdle: (() -> Void)?

    /// Outside mail waits elsewhere when this many bytes wait for the disk already; bounces and forwards do not.
    private static let pendingLimit: UInt64 = 128 << 20

    init(
        settings: CleanupSettings, preparation: MessagePreparation, group: GroupCommit, announcer: ArrivalAnnouncer,
        makeJob: @escaping (_ isInternal: Bool) -> LargeContentJob
    ) {
        self.settings = settings
        self.preparation = preparation
        self.group = group
        self.announcer = announcer
        self.makeJob = makeJob
        inflowDelay = InflowDelay(maximum: settings.inflowDelay)
    }

    var isIdle: Bool { sessions.isEmpty && group.isEmpty }

    func accept(_ connection: WireConnection) {
        let session = SubmissionSession(connection: connection, intake: self)
        sessions[ObjectIdentifier(session)] = session
        session.start()
        if isStopping { session.retire() }
    }

    func becameIdle(_ session: SubmissionSession) {
        if isStopping { session.retire() }
    }

    func ended(_ session: SubmissionSession) {
        sessions[ObjectIdentifier(session)] = nil
        if sessions.isEmpty, let onIdle {
            self.onIdle = nil
            onIdle()
        }
    }

    /// Ends when every message in hand is answered.
    func stop() async {
        isStopping = true
        for session in sessions.values where session.isIdle { session.retire() }
        if !sessions.isEmpty { await withCheckedContinuation { continuation in onIdle = { continuation.resume() } } }
    }

    // MARK: messages

    /// Before a content is read.
    func refusalNow(_ submission: Submission) -> Refusal? {
        if group.pendingBytes > Self.pendingLimit, !submission.flags.contains(.internalOrigin) { return .busy }
        return nil
    }

    func collector(for submission: Submission) -> ContentCollector {
        let isInternal = submission.flags.contains(.internalOrigin)
        return ContentCollector(limit: isInternal ? .max : settings.messageSizeLimit) { [self] in
            LargeContentSpool(job: makeJob(isInternal), threads: contentThreads)
        }
    }

    func take(_ submission: Submission, content: ByteBuffer, completion: @escaping (SubmissionResult) -> Void) {
        let isInternal = submission.flags.contains(.internalOrigin)
        do throws(Refusal) {
            if let refusal = refusalNow(submission) { throw refusal }
            guard isInternal || UInt64(content.readableBytes) <= settings.messageSizeLimit else { throw .tooLarge }
            let prepared = try prepare(submission, content.readableBytesUInt8Span)
            let rest = content.readableBytes - prepared.bodyStart
            let body = content.getBytes(at: content.readerIndex + prepared.bodyStart, length: rest) ?? []
            commitInline(prepared, body: body, isInternal: isInternal, completion)
        } catch {
            logRefusal(error, submission)
            completion(error.result)
        }
    }

    func take(_ submission: Submission, collected: ContentCollector, completion: @escaping (SubmissionResult) -> Void) {
        let isInternal = submission.flags.contains(.internalOrigin)
        do throws(Refusal) {
            let head = collected.head
            let prepared = try prepare(submission, head.span)
            guard let spool = collected.spool else {
                return commitInline(prepared, body: Array(head[prepared.bodyStart...]), isInternal: isInternal, completion)
            }
            spool.finish { [self] result in
                switch result {
                case .success(let body): commitLarge(prepared, body, spool, isInternal: isInternal, completion)
                case .failure(let refusal): completion(refusal.result)
                }
            }
        } catch {
            collected.abandon()
            logRefusal(error, submission)
            completion(error.result)
        }
    }

    private func prepare(_ submission: Submission, _ content: borrowing Span<UInt8>) throws(Refusal) -> PreparedMessage {
        breadcrumb.enter(.preparation, message: submission.envelope.queueID.description)
        defer { breadcrumb.leave() }
        return try preparation.prepare(submission, content: content) { dates.text(seconds: $0) }
    }

    private func commitInline(
        _ prepared: PreparedMessage, body: [UInt8], isInternal: Bool, _ completion: @escaping (SubmissionResult) -> Void
    ) {
        var envelope = prepared.envelope
        envelope.size += UInt64(body.count)
        var dotLines = DotLines()
        dotLines.look(at: prepared.headerBlock)
        dotLines.look(at: body)
        let record = NewRecord(
            envelope: envelope, headerBlock: prepared.headerBlock, body: .inline(body), hasDotLines: dotLines.found)
        let queueID = envelope.queueID
        group.commit(LaneRecord(record: record, isInternal: isInternal)) { [self] verdict in
            completion(result(verdict, queueID, isInternal: isInternal))
        }
    }

    private func commitLarge(
        _ prepared: PreparedMessage, _ body: LargeContentSpool.Body, _ spool: LargeContentSpool, isInternal: Bool,
        _ completion: @escaping (SubmissionResult) -> Void
    ) {
        var envelope = prepared.envelope
        envelope.size += body.content.length
        var dotLines = DotLines()
        dotLines.look(at: prepared.headerBlock)
        let record = NewRecord(
            envelope: envelope, headerBlock: prepared.headerBlock, body: .large(body.content),
            hasDotLines: body.hasDotLines || dotLines.found)
        let queueID = envelope.queueID
        group.commit(LaneRecord(record: record, isInternal: isInternal)) { [self] verdict in
            // After a failed write the record may be there all the same; without one the file is swept later.
            if verdict == .noSpace { spool.abandon() } else { spool.close() }
            completion(result(verdict, queueID, isInternal: isInternal))
        }
    }

    private func result(_ verdict: CommitVerdict, _ queueID: QueueID, isInternal: Bool) -> SubmissionResult {
        switch verdict {
        case .committed:
            return SubmissionResult(.accepted, delay: isInternal ? 0 : inflowDelay.delay(lag: announcer.lag))
        case .noSpace:
            Log.warning("\(queueID): not enough free space in the queue file system")
            return Refusal.noSpace.result
        case .failed(let error) where error.meansFull:
            Log.error("\(queueID): queue file write error: \(error)")
            return Refusal.noSpace.result
        case .failed(let error):
            Log.error("\(queueID): queue file write error: \(error)")
            return Refusal.writeError.result
        }
    }

    func logRefusal(_ refusal: Refusal, _ submission: Submission) {
        if refusal == .tooLarge {
            Log.warning("\(submission.envelope.queueID): queue file size limit exceeded")
        } else if refusal == .busy {
            Log.warning("\(submission.envelope.queueID): message not accepted: the disk does not keep up")
        } else if refusal == .noRecipients {
            Log.warning("\(submission.envelope.queueID): message rejected: no recipients specified")
        }
    }
}
