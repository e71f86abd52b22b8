internal import Mail
internal import NIOCore
internal import Platform
internal import Wire

/// What every delivery agent shares: it accepts qmgr's connections, says that it is ready, takes one delivery at a time on each,
/// and keeps reports until qmgr has them in its journal. While it may have something in hand its mark says so (``AgentPresence``).
///
/// *Failure:* a lost connection never loses a report (``ReportResumption``) and never stops a delivery.
@EventLoopActor
package final class DeliveryAgent {
    package let service: String
    let resumption: ReportResumption
    private let presence: OwnPresence
    private let deliver: (Delivery) -> Void
    private var slots: [ObjectIdentifier: AgentSlot] = [:]
    private var listeners: [any Channel] = []
    private var stopped: CheckedContinuation<Void, Never>?
    private var isStopping = false

    /// - Parameters:
    ///   - service: the name in master.cf.
    ///   - lease: master's number for this process.
    ///   - presence: where qmgr sees that this process is there; nil when nobody looks (tests).
    ///   - queueManager: path of qmgr's own socket.
    ///   - deliver: starts a delivery and returns at once; the delivery ends with ``Delivery/finish(siteFailure:)``.
    package init(
        service: String, lease: UInt64 = 0, presence: AgentPresence? = nil, queueManager: String = "public/qmgr",
        deliver: @escaping (Delivery) -> Void
    ) {
        self.service = service
        self.deliver = deliver
        self.presence = OwnPresence(presence, lease: lease, task: .deliveries)
        resumption = ReportResumption(queueManager: queueManager, agent: lease)
        resumption.mayHaveMore = { [weak self] in !(self?.slots.isEmpty ?? true) }
        resumption.onEmpty = { [weak self] in self?.changed() }
    }

    package func listen(on descriptor: Int32) async throws {
        let channel = try await WireEndpoints.serve(listening: descriptor) { [weak self] connection in
            self?.accepted(connection)
        }
        listeners.append(channel)
    }

    var lease: UInt64 { presence.lease }

    /// No connection from qmgr, nothing in hand, no report unanswered.
    package var isIdle: Bool { slots.isEmpty && resumption.isEmpty }

    /// Ends what is in hand, presents what is unanswered, then returns.
    package func stop() async {
        isStopping = true
        for listener in listeners { listener.close(promise: nil) }
        listeners = []
        for slot in slots.values { slot.leave() }
        if !isIdle { await withCheckedContinuation { stopped = $0 } }
    }

    private func accepted(_ connection: WireConnection) {
        guard presence.set() else { return connection.close() }
        let slot = AgentSlot(connection: connection, agent: self)
        slots[ObjectIdentifier(slot)] = slot
        slot.start()
        if isStopping { slot.leave() }
    }

    /// Says in the breadcrumb what is begun. What goes on later, beside other deliveries, says nothing: it might accuse the wrong one.
    func begin(_ delivery: Delivery) {
        let breadcrumb = DaemonLife.current?.breadcrumb
        breadcrumb?.enter(.delivery, message: delivery.request.envelope.queueID.description)
        defer { breadcrumb?.leave() }
        deliver(delivery)
    }

    func lost(_ slot: AgentSlot) {
        slots[ObjectIdentifier(slot)] = nil
        if slots.isEmpty { resumption.hurry() }
        changed()
    }

    private func changed() {
        if isIdle { presence.clear() }
        guard isStopping, isIdle, let waiting = stopped else { return }
        stopped = nil
        waiting.resume()
    }
}
