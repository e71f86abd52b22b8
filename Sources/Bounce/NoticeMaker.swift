internal import DaemonKit
internal import Mail
internal import MailLog
internal import MessageFormat
internal import NIOCore
internal import Platform
internal import Spool
internal import Wire

/// Carries a request out: makes the notices of its ``NoticePlan`` and gives them to cleanup.
///
/// *Failure:* what cleanup did not take, or may not have taken, is `failed`: qmgr asks again, and the origin makes a second notice
/// fall away. A notice that cleanup refuses for good (over a size limit) is sent without the message's body.
@EventLoopActor
final class NoticeMaker {
    private let settings: BounceSettings
    private let cleanup: CleanupClient
    private let reader: ContentReader
    private var identifiers: QueueIDGenerator
    private let time: any TimeSource

    init(settings: BounceSettings, lease: UInt64, cleanup: CleanupClient, reader: ContentReader, time: any TimeSource) {
        self.settings = settings
        self.cleanup = cleanup
        self.reader = reader
        self.time = time
        identifiers = QueueIDGenerator(lease: lease, time: time)
    }

    func make(_ request: NoticeRequest) async -> NoticeResult.Outcome {
        let plan = NoticePlan(request, settings)
        if let remark = plan.remark { Log.warning("\(request.envelope.queueID): \(remark)") }
        guard let main = plan.main else { return .notNeeded }
        let origin = MessageOrigin(
            parent: request.location, recipients: request.recipients.map(\.ordinal), purpose: request.purpose)
        let outcome = await send(main, request, origin)
        if case .queued = outcome, let copy = plan.copy {
            if case .failed(let reason) = await send(copy, request, nil) {
                Log.warning("\(request.envelope.queueID): postmaster notice failed: \(reason)")
            }
        }
        return outcome
    }

    private func send(
        _ notice: NoticePlan.Notice, _ request: NoticeRequest, _ origin: MessageOrigin?
    ) async -> NoticeResult.Outcome {
        var notice = notice
        while true {
            let id = identifiers.next()
            do throws(SubmissionFailure) {
                switch try await submit(notice, request, origin, id) {
                case .accepted, .discarded:
                    Log.info("\(request.envelope.queueID): \(notice.description): \(id)")
                    return .queued(id)
                case .refused(let reply, let status, let text):
                    guard status.statusClass == .permanent, notice.returned == .full else {
                        return .failed("\(reply) \(status) \(text)")
                    }
                    notice.returned = .headers
                }
            } catch {
                return .failed(error.description)
            }
        }
    }

    private func submit(
        _ notice: NoticePlan.Notice, _ request: NoticeRequest, _ origin: MessageOrigin?, _ id: QueueID
    ) async throws(SubmissionFailure) -> SubmissionResult.Verdict {
        let now = time.wall
        let notification = notification(notice, request, id, now: now)
        var envelope = Envelope(
            queueID: id, sender: notice.sender, recipients: [EnvelopeRecipient(notice.recipient)], arrival: now)
        envelope.origin = origin
        envelope.smtpUTF8 = request.envelope.smtpUTF8
        envelope.body = request.envelope.body
        envelope.requireTLS = request.envelope.requireTLS
        envelope.tlsNotRequired = request.envelope.tlsNotRequired
        let received = ReceivedField(
            .internalMail, hostname: settings.hostname, mailName: settings.mailName, queueID: id, date: notification.date)
        let submission = Submission(
            envelope: envelope, flags: [.completeHeaders, .internalOrigin, .noHeaderBodyChecks], prepended: received.bytes,
            contentLength: nil)
        var content = NoticeContent(notification, content: request.content, reader: reader)
        guard request.content.size > UInt64(CleanupClient.chunkSize), notice.returned == .full else {
            var whole = ByteBuffer()
            while var part = content.next() { whole.writeBuffer(&part) }
            return try await cleanup.submit(submission, content: whole)
        }
        return try await cleanup.submit(submission) { content.next() }
    }

    private func notification(
        _ notice: NoticePlan.Notice, _ request: NoticeRequest, _ id: QueueID, now: Int64
    ) -> StatusNotification {
        let purpose: StatusNotification.Purpose
        switch NoticeKind(request.purpose) {
        case .failure: purpose = .failure
        case .delay: purpose = .delay(warningTime: settings.delayWarningTime, lifetime: settings.lifetime)
        case .success: purpose = .success
        }
        let arrival = request.envelope.arrival / 1_000_000
        var notification = StatusNotification(
            purpose, ownID: id, parent: request.envelope, recipients: entries(request, notice.ordinals),
            destination: notice.recipient, returned: notice.returned, hostname: settings.hostname, origin: settings.origin,
            mailName: settings.mailName, date: date(now / 1_000_000), arrivalDate: date(arrival))
        notification.isPostmasterCopy = notice.isPostmasterCopy
        notification.retryUntil = date(arrival + settings.lifetime)
        return notification
    }

    private func entries(_ request: NoticeRequest, _ ordinals: [UInt32]) -> [StatusNotification.Recipient] {
        let wanted = Set(ordinals)
        var statuses: [UInt32: DeliveryStatus] = [:]
        for report in request.reports { statuses[report.ordinal] = report.status }
        return request.recipients.compactMap { entry in
            guard wanted.contains(entry.ordinal), let status = statuses[entry.ordinal] else { return nil }
            return StatusNotification.Recipient(entry.recipient, status)
        }
    }

    private func date(_ seconds: Int64) -> String {
        let zone = LocalZone(at: seconds)
        return MailDate.text(seconds: seconds, zone: ZoneOffset(seconds: zone.offset, name: zone.name))
    }
}
