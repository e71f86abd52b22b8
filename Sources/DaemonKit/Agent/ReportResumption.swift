internal import Mail
internal import MailLog
internal import NIOCore
internal import Wire

/// Reports that a vanished qmgr did not acknowledge, until the next one has.
///
/// Presented on qmgr's own socket, again each second until answered; a delivery that is still running is presented twice: at once
/// with what is in hand, and at its end.
@EventLoopActor
final class ReportResumption {
    private let queueManager: String
    /// By identity: the numbers of deliveries are unique in one qmgr's life only.
    private var unanswered: [ObjectIdentifier: Delivery] = [:]
    private var isRunning = false
    var onEmpty: (() -> Void)?

    init(queueManager: String) { self.queueManager = queueManager }

    var isEmpty: Bool { unanswered.isEmpty }

    /// The delivery lost its connection, or ended after having lost it.
    func present(_ delivery: Delivery) {
        unanswered[ObjectIdentifier(delivery)] = delivery
        guard !isRunning else { return }
        isRunning = true
        Task { await run() }
    }

    private func run() async {
        while !unanswered.isEmpty {
            do {
                let connection = try await WireEndpoints.connect(to: queueManager)
                defer { connection.close() }
                try await presentAll(over: connection)
            } catch {
                Log.warning("reports of \(unanswered.count) deliveries wait for the queue manager: \(error)")
            }
            if !unanswered.isEmpty { await EventLoopActor.sleep(for: .seconds(1)) }
        }
        isRunning = false
        onEmpty?()
    }

    private func presentAll(over connection: WireConnection) async throws {
        for (key, delivery) in unanswered {
            let inHand = delivery.inHand
            let message = ResumedReports(
                delivery: delivery.request.delivery, location: delivery.request.location, reports: delivery.reports,
                inHand: inHand)
            let wasFinished = delivery.isFinished
            connection.send(message)
            let (answer, _) = try await connection.receive(ReportsJournalled.self, within: .seconds(60))
            guard answer.delivery == message.delivery else { throw WireFailure.malformed("another delivery's acknowledgement") }
            if wasFinished { unanswered[key] = nil }
        }
    }
}
