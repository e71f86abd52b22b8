import Mail
import MailLog
import Platform
import Scheduling
import Spool
import Testing
import Wire

@testable import QueueManager

struct TableResolver: RecipientResolver {
    var answers: [String: ResolvedHop] = [:]
    func resolve(_ recipient: EmailAddress, sender: ReversePath) -> ResolvedHop {
        answers[recipient.domain]
            ?? .deliver(
                .init(transport: "smtp", nextHop: recipient.domain, recipient: recipient, isLocal: recipient.domain == "here"))
    }
}

/// An engine over a fake store, with agents and bounce played by hand.
final class EngineBench: QueueEngineOutput {
    let time = ManualTime()
    let store = FakeStore()
    let census = FakeCensus()
    private let settings: EngineSettings
    private let resolver: TableResolver
    private(set) lazy var engine = QueueEngine(
        settings: settings, time: time, resolver: resolver, census: census, output: self)
    /// The store answers at once; false: only when ``answerStore()`` is called.
    var storeIsPrompt = true
    private var batch: StoreBatch?

    var requests: [(request: DeliveryRequest, transport: String)] = []
    var acknowledged: [UInt64] = []
    var notices: [(request: NoticeRequest, number: UInt64)] = []
    var arrivals: [ArrivalAcknowledgement] = []
    var results: [QueueCommandResult] = []
    var rows: [LiveQueueRows] = []
    var changes: [QueueChanges] = []
    var requeues: [(request: RequeueRequest, number: UInt64)] = []
    var restarts = 0
    var journalled: [ReportsJournalled] = []
    var retired: [String] = []
    var lines: [String] = []
    private var lastID: UInt64 = 0

    init(resolver: TableResolver = TableResolver(), opens: Bool = true, _ change: (inout EngineSettings) -> Void = { _ in }) {
        var settings = EngineSettings()
        change(&settings)
        self.settings = settings
        self.resolver = resolver
        guard opens else { return }
        play { $0.opened() }
        pass(1)
        lines = []
    }

    // MARK: Playing

    /// One event, and what the store answers to what it sets off.
    func play(_ event: (QueueEngine) -> Void) {
        event(engine)
        while storeIsPrompt, batch != nil { answerStore() }
    }

    func pass(_ seconds: Int) {
        for _ in 0..<seconds {
            time.advance(seconds: 1)
            play { $0.tick() }
        }
    }

    func envelope(from sender: String = "a@example.org", to recipients: [String]) -> Envelope {
        lastID += 1
        return Envelope(
            queueID: QueueID(microseconds: time.wall, unique: lastID), sender: ReversePath(internal: sender),
            recipients: recipients.map { EnvelopeRecipient(EmailAddress(internal: $0)) }, arrival: time.wall)
    }

    @discardableResult
    func arrive(_ envelope: Envelope) -> QueueID {
        play { $0.arrived(store.notice(envelope), token: ReplyToken(number: 1)) }
        return envelope.queueID
    }

    @discardableResult
    func arrive(from sender: String = "a@example.org", to recipients: String...) -> QueueID {
        arrive(envelope(from: sender, to: recipients))
    }

    func nextRequest() throws -> DeliveryRequest {
        try #require(!requests.isEmpty, "nothing was dispatched")
        return requests.removeFirst().request
    }

    func requestAt(_ index: Int) throws -> (request: DeliveryRequest, transport: String) {
        try #require(requests.indices.contains(index), "too little was dispatched")
        return requests[index]
    }

    func nextNotice() throws -> (request: NoticeRequest, number: UInt64) {
        try #require(!notices.isEmpty, "no notice was asked for")
        return notices.removeFirst()
    }

    func noticeAt(_ index: Int) throws -> (request: NoticeRequest, number: UInt64) {
        try #require(notices.indices.contains(index), "too few notices were asked for")
        return notices[index]
    }

    /// The agent's answer to a request.
    func report(
        _ request: DeliveryRequest, _ outcome: DeliveryStatus.Outcome, _ text: String = "text", site: DeliveryStatus? = nil
    ) {
        let status = Self.status(outcome, text)
        let reports = DeliveryReports(
            delivery: request.delivery,
            reports: request.recipients.map { RecipientReport(ordinal: $0.ordinal, status: status) },
            finished: true, siteFailure: site)
        play { $0.reported(reports) }
    }

    /// Answers all requests at hand, and those that follow.
    func reportAll(_ outcome: DeliveryStatus.Outcome) {
        while !requests.isEmpty { report(requests.removeFirst().request, outcome) }
    }

    /// Bounce makes the notice, and cleanup announces it.
    func makeNotice() throws {
        let (request, number) = try nextNotice()
        var child = envelope(from: "", to: [request.envelope.sender.internalForm])
        child.origin = MessageOrigin(
            parent: request.location, recipients: request.recipients.map(\.ordinal), purpose: request.purpose)
        play { $0.noticeAnswered(number, .queued(child.queueID)) }
        arrive(child)
    }

    static func status(_ outcome: DeliveryStatus.Outcome, _ text: String = "text") -> DeliveryStatus {
        switch outcome {
        case .sent, .relayed, .expanded: DeliveryStatus(outcome, EnhancedStatus(.success, 0, 0), text)
        case .deferred: DeliveryStatus(outcome, EnhancedStatus(.temporary, 4, 1), text)
        case .bounced: DeliveryStatus(outcome, EnhancedStatus(.permanent, 1, 1), text)
        }
    }

    /// One batch.
    func answerStore() {
        guard let batch else { return }
        self.batch = nil
        engine.storeCompleted(store.perform(batch))
    }

    // MARK: QueueEngineOutput

    func perform(_ batch: StoreBatch) { self.batch = batch }
    func deliver(_ request: DeliveryRequest, over transport: String) { requests.append((request, transport)) }
    func acknowledge(delivery: UInt64, over transport: String) { acknowledged.append(delivery) }
    func request(_ notice: NoticeRequest, number: UInt64) { notices.append((notice, number)) }
    func answer(_ token: ReplyToken, _ acknowledgement: ArrivalAcknowledgement) { arrivals.append(acknowledgement) }
    func answer(_ token: ReplyToken, _ result: QueueCommandResult) { results.append(result) }
    func request(_ requeue: RequeueRequest, number: UInt64) { requeues.append((requeue, number)) }
    func answer(_ token: ReplyToken, _ changes: QueueChanges) { self.changes.append(changes) }
    func restart() { restarts += 1 }
    func answer(_ token: ReplyToken, _ rows: LiveQueueRows) { self.rows.append(rows) }
    func answer(_ token: ReplyToken, _ journalled: ReportsJournalled) { self.journalled.append(journalled) }
    func retire(files: [String]) { retired += files }
    func log(_ severity: LogSeverity, _ text: String) { lines.append(text) }
}
