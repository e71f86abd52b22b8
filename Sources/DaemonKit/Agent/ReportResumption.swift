internal import Mail
internal import MailLog
internal import NIOCore
internal import Wire

/// Reports that a vanished qmgr did not acknowledge, until the next one has.
///
/// Presented on qmgr's own socket, again each second until answered; a delivery that is still running is presented again and again
/// with what is in hand, and at its end. The last of a round says so: a new qmgr waits for that from every agent that lives.
@EventLoopActor
final class ReportResumption {
    private let queueManager: String
    private let agent: UInt64
    /// By identity: the numbers of deliveries are unique in one qmgr's life only.
    private var unanswered: [ObjectIdentifier: Delivery] = [:]
    private var isRunning = false
    private var pause: (task: Scheduled<Void>, waiting: CheckedContinuation<Void, Never>)?
    private var isHurried = false
    private var failures = 0
    var onEmpty: (() -> Void)?
    /// There are connections from a qmgr, perhaps a dead one's: what is presented now may not be everything.
    var mayHaveMore: () -> Bool = { false }

    /// While there is no qmgr it is looked for this often, ever more rarely up to a second.
    private static let firstPause = TimeAmount.milliseconds(50)
    private static let longestPause = TimeAmount.seconds(1)
    /// How long a qmgr may take until it has written reports down.
    private static let patience = Duration.seconds(60)

    init(queueManager: String, agent: UInt64) {
        self.queueManager = queueManager
        self.agent = agent
    }

    var isEmpty: Bool { unanswered.isEmpty }

    /// The delivery lost its connection, or ended after having lost it.
    func present(_ delivery: Delivery) {
        unanswered[ObjectIdentifier(delivery)] = delivery
        hurry()
        guard !isRunning else { return }
        isRunning = true
        Task { await run() }
    }

    /// Something has changed that qmgr should know at once.
    func hurry() {
        isHurried = true
        if failures == 0 { endPause() }
    }

    private func run() async {
        while !unanswered.isEmpty {
            isHurried = false
            do {
                let connection = try await WireEndpoints.connect(to: queueManager)
                defer { connection.close() }
                try await presentAll(over: connection)
                failures = 0
            } catch {
                if failures == 0 {
                    Log.warning("reports of \(unanswered.count) deliveries wait for the queue manager: \(error)")
                }
                failures += 1
            }
            if !unanswered.isEmpty, !isHurried || failures > 0 { await rest() }
        }
        failures = 0
        isRunning = false
        onEmpty?()
    }

    private func rest() async {
        let time = failures > 0 ? min(Self.firstPause * failures, Self.longestPause) : Self.longestPause
        await withCheckedContinuation { waiting in
            let task = EventLoopActor.loop.scheduleTask(in: time) { EventLoopActor.assumeOnLoop { self.endPause() } }
            pause = (task, waiting)
        }
    }

    private func endPause() {
        guard let (task, waiting) = pause else { return }
        pause = nil
        task.cancel()
        waiting.resume()
    }

    private func presentAll(over connection: WireConnection) async throws {
        var rest = Array(unanswered)
        while let (key, delivery) = rest.popLast() {
            let wasFinished = delivery.isFinished
            let message = ResumedReports(
                delivery: delivery.request.delivery, location: delivery.request.location, reports: delivery.reports,
                inHand: delivery.inHand, agent: agent, isLast: rest.isEmpty && !isHurried && !mayHaveMore())
            connection.send(message)
            let (answer, _) = try await connection.receive(ReportsJournalled.self, within: Self.patience)
            guard answer.delivery == message.delivery else { throw WireFailure.malformed("another delivery's acknowledgement") }
            if wasFinished { unanswered[key] = nil }
        }
    }
}
