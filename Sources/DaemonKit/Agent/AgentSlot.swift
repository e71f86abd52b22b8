internal import Mail
internal import MailLog
internal import Wire

/// A connection from qmgr: one delivery at a time.
@EventLoopActor
final class AgentSlot {
    private let connection: WireConnection
    private unowned let agent: DeliveryAgent
    private var current: Delivery?
    private var isLeaving = false

    init(connection: WireConnection, agent: DeliveryAgent) {
        self.connection = connection
        self.agent = agent
    }

    var isConnected: Bool { connection.isOpen }

    func start() {
        connection.onFrame = { [weak self] frame in self?.received(frame) }
        connection.onClose = { [weak self] in self?.closed() }
        connection.send(AgentReady(service: agent.service, agent: agent.lease))
    }

    func send(_ reports: DeliveryReports) { connection.send(reports) }

    /// Asks qmgr to close when nothing is in hand. Closing here would lose a request that is on its way.
    func leave() {
        guard !isLeaving else { return }
        isLeaving = true
        connection.send(AgentLeaving())
    }

    private func received(_ frame: WireFrame) {
        do {
            if frame.isA(DeliveryRequest.self) {
                try accept(frame.decode())
            } else {
                try acknowledge(frame.decode())
            }
        } catch {
            Log.warning("service \(agent.service): malformed frame from qmgr: \(error)")
            connection.close()
        }
    }

    private func accept(_ request: DeliveryRequest) throws(DecodingFailure) {
        guard current == nil else { throw DecodingFailure("a second delivery before the first was acknowledged") }
        let delivery = Delivery(request: request, slot: self, resumption: agent.resumption)
        current = delivery
        agent.begin(delivery)
    }

    private func acknowledge(_ done: ReportsJournalled) throws(DecodingFailure) {
        guard let delivery = current, delivery.isFinished, delivery.request.delivery == done.delivery else {
            throw DecodingFailure("acknowledgement of a delivery that is not here")
        }
        current = nil
    }

    private func closed() {
        if let delivery = current { agent.resumption.present(delivery) }
        current = nil
        agent.lost(self)
    }
}
