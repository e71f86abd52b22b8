package import Mail
internal import MailLog
internal import NIOCore
internal import Platform
package import Wire

/// One delivery in an agent's hand: the request, and where its reports go.
///
/// Call ``report(_:_:)`` for each recipient as soon as its status is known and ``finish(siteFailure:)`` once.
/// *Failure:* when qmgr goes away meanwhile, the delivery goes on and its reports are kept for the next qmgr.
@EventLoopActor
package final class Delivery {
    package let request: DeliveryRequest
    /// Microseconds since 1970 at which the connection to the next hop stood (delays=c/d); nil when there was none.
    package var connected: Int64?
    private(set) var reports: [RecipientReport] = []
    private(set) var isFinished = false
    private var sent = 0
    private weak var slot: AgentSlot?
    private let resumption: ReportResumption

    init(request: DeliveryRequest, slot: AgentSlot, resumption: ReportResumption) {
        self.request = request
        self.slot = slot
        self.resumption = resumption
    }

    /// Takes one recipient's status. It leaves with those that become known at the same moment.
    package func report(_ ordinal: UInt32, _ status: DeliveryStatus) {
        precondition(!isFinished, "a report after the end of its delivery")
        reports.append(RecipientReport(ordinal: ordinal, status: status))
        if reports.count == sent + 1 { EventLoopActor.loop.execute { EventLoopActor.assumeOnLoop { self.flush() } } }
    }

    /// Reports and logs in one step.
    package func report(
        _ recipient: RequestedRecipient, _ status: DeliveryStatus, relay: String, connectionUse: Int = 1
    ) {
        var line = DeliveryLine(
            queueID: request.envelope.queueID, recipient: recipient.recipient, relay: relay,
            instants: .init(
                arrival: request.envelope.arrival, activated: request.activated, dispatched: request.dispatched,
                connected: connected, finished: SystemTime().wall),
            status: status)
        line.connectionUse = connectionUse
        Log.info(line.text)
        report(recipient.ordinal, status)
    }

    /// No more will come. Recipients without a report stay queued.
    package func finish(siteFailure: DeliveryStatus? = nil) {
        precondition(!isFinished, "a delivery ends once")
        isFinished = true
        let rest = Array(reports[sent...])
        sent = reports.count
        if let slot, slot.isConnected {
            slot.send(DeliveryReports(delivery: request.delivery, reports: rest, finished: true, siteFailure: siteFailure))
        } else {
            resumption.present(self)
        }
    }

    /// Ordinals that nothing has been reported for yet.
    var inHand: [UInt32] {
        if isFinished { return [] }
        let done = Set(reports.map(\.ordinal))
        return request.recipients.map(\.ordinal).filter { !done.contains($0) }
    }

    private func flush() {
        guard !isFinished, sent < reports.count, let slot, slot.isConnected else { return }
        let rest = Array(reports[sent...])
        sent = reports.count
        slot.send(DeliveryReports(delivery: request.delivery, reports: rest, finished: false))
    }
}
