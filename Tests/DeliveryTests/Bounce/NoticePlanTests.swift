import Configuration
import DaemonKit
import Mail
import MessageFormat
import Testing
import Wire

@testable import Bounce

/// Settings of a host without main.cf.
func bounceSettings(_ values: [String: String] = [:]) throws -> BounceSettings {
    var settings = ["myhostname": "mx.example", "myorigin": "example", "mail_name": "Postfix"]
    settings.merge(values) { $1 }
    let configuration = Configuration(directory: "/nowhere", settings: settings.mapValues { .init($0) })
    return try BounceSettings(
        Startup(configuration: configuration, serviceName: "bounce", lease: 1, queueDirectory: "", dataDirectory: ""))
}

/// A request about two recipients, ordinals 0 and 1.
func noticeRequest(
    _ purpose: MessageOrigin.Purpose, sender: String = "a@x.example", notify: [NotifyOptions?] = [nil, nil],
    content: ContentLocation? = nil
) throws -> NoticeRequest {
    let extent = ContentExtent(offset: 0, length: 10, crc: 0, seed: 0)
    let envelope = Envelope(
        queueID: try #require(QueueID("4PARENT")), sender: ReversePath(internal: sender), recipients: [],
        arrival: 1_700_000_000_000_000)
    let outcome: DeliveryStatus.Outcome = purpose == .successNotice ? .sent : purpose == .delayNotice ? .deferred : .bounced
    let recipients = notify.enumerated().map { index, notify in
        var recipient = EnvelopeRecipient(EmailAddress(internal: "r\(index)@y.example"))
        recipient.notify = notify
        return RequestedRecipient(ordinal: UInt32(index), recipient: recipient)
    }
    return NoticeRequest(
        purpose: purpose, location: RecordLocation(segment: 1, nonce: SegmentNonce(high: 1, low: 2), offset: 64),
        content: content ?? ContentLocation(file: "f", header: extent, body: extent, bodyFile: nil, hasDotLines: false),
        envelope: envelope, recipients: recipients,
        reports: recipients.map {
            RecipientReport(
                ordinal: $0.ordinal, status: DeliveryStatus(outcome, EnhancedStatus(.permanent, 1, 1), "unknown user: \"r\""))
        })
}

struct NoticePlanTests {
    struct Sample: Sendable, CustomStringConvertible {
        var description: String
        var purpose: MessageOrigin.Purpose
        var sender = "a@x.example"
        var notify: [NotifyOptions?] = [nil, nil]
        var classes = ""
        /// `sender → recipient: ordinals`, main first.
        var notices: [String]
    }

    @Test(
        "who is told of what",
        arguments: [
            Sample(description: "failure", purpose: .failureNotice, notices: [" → a@x.example: 0,1"]),
            Sample(description: "delay", purpose: .delayNotice, notices: [" → a@x.example: 0,1"]),
            Sample(description: "success only when asked for", purpose: .successNotice, notices: []),
            Sample(
                description: "success asked for", purpose: .successNotice, notify: [[.success], nil],
                notices: [" → a@x.example: 0"]),
            Sample(description: "NOTIFY=NEVER", purpose: .failureNotice, notify: [[], []], notices: []),
            Sample(
                description: "one of two", purpose: .failureNotice, notify: [[.failure], [.success]],
                notices: [" → a@x.example: 0"]),
            Sample(description: "delay not asked for", purpose: .delayNotice, notify: [[.failure], [.failure]], notices: []),
            Sample(description: "null sender", purpose: .failureNotice, sender: "", notices: []),
            Sample(
                description: "null sender, class 2bounce", purpose: .failureNotice, sender: "", classes: "2bounce",
                notices: ["double-bounce@example → postmaster@example: 0,1"]),
            Sample(
                description: "double bounce fails", purpose: .failureNotice, sender: "Double-Bounce@EXAMPLE",
                classes: "2bounce, bounce",
                notices: []),
            Sample(
                description: "class bounce", purpose: .failureNotice, classes: "bounce",
                notices: [" → a@x.example: 0,1", "double-bounce@example → postmaster@example: 0,1"]),
            Sample(
                description: "class bounce alone", purpose: .failureNotice, notify: [[], []], classes: "bounce",
                notices: ["double-bounce@example → postmaster@example: 0,1"]),
            Sample(
                description: "class delay, null sender", purpose: .delayNotice, sender: "", classes: "delay",
                notices: ["double-bounce@example → postmaster@example: 0,1"]),
        ])
    func plan(_ sample: Sample) throws {
        let settings = try bounceSettings(["notify_classes": sample.classes])
        let plan = NoticePlan(try noticeRequest(sample.purpose, sender: sample.sender, notify: sample.notify), settings)
        let notices = [plan.main, plan.copy].compactMap { $0 }.map { notice in
            let ordinals = notice.ordinals.map { String($0) }.joined(separator: ",")
            return "\(notice.sender.internalForm) → \(notice.recipient.internalForm): \(ordinals)"
        }
        #expect(notices == sample.notices)
    }

    @Test("what is returned with it")
    func returned() throws {
        let settings = try bounceSettings(["bounce_size_limit": "100"])
        var request = try noticeRequest(.failureNotice)
        #expect(NoticePlan(request, settings).main?.returned == .full)
        request.envelope.returnContent = .headers
        #expect(NoticePlan(request, settings).main?.returned == .headers)
        request.envelope.returnContent = .full
        request.content.body.length = 1000
        #expect(NoticePlan(request, settings).main?.returned == .headers)
        #expect(NoticePlan(try noticeRequest(.delayNotice), settings).main?.returned == .headers)
    }
}
