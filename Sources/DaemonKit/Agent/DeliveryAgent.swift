internal import Glibc
internal import Mail
internal import NIOCore
internal import Platform
internal import Wire

/// What every delivery agent shares: it accepts qmgr's connections, says that it is ready, takes one delivery at a time on each,
/// and keeps reports until qmgr has them in its journal.
///
/// *Failure:* a lost connection never loses a report (``ReportResumption``) and never stops a delivery.
@EventLoopActor
package final class DeliveryAgent {
    package let service: String
    let pid: UInt32
    let resumption: ReportResumption
    private let deliver: (Delivery) -> Void
    private var slots: [ObjectIdentifier: AgentSlot] = [:]
    private var listeners: [any Channel] = []
    private var stopped: CheckedContinuation<Void, Never>?
    private var isStopping = false

    /// - Parameters:
    ///   - service: the name in master.cf.
    ///   - queueManager: path of qmgr's own socket.
    ///   - deliver: starts a delivery and returns at once; the delivery ends with ``Delivery/finish(siteFailure:)``.
    package init(service: String, queueManager: String = "public/qmgr", deliver: @escaping (Delivery) -> Void) {
        self.service = service
        self.deliver = deliver
        pid = UInt32(bitPattern: getpid())
        resumption = ReportResumption(queueManager: queueManager)
    }

    package func listen(on descriptor: Int32) async throws {
        let channel = try await WireEndpoints.serve(listening: descriptor) { [weak self] connection in
            self?.accepted(connection)
        }
        listeners.append(channel)
    }

    /// No connection from qmgr, nothing in hand, no report unanswered.
    package var isIdle: Bool { slots.isEmpty && resumption.isEmpty }

    /// Ends what is in hand, presents what is unanswered, then returns.
    package func stop() async {
        isStopping = true
        for listener in listeners { listener.close(promise: nil) }
        listeners = []
        for slot in slots.values where !slot.isBusy { slot.close() }
        if !isIdle { await withCheckedContinuation { stopped = $0 } }
    }

    private func accepted(_ connection: WireConnection) {
        let slot = AgentSlot(connection: connection, agent: self)
        slots[ObjectIdentifier(slot)] = slot
        slot.start()
    }

    /// Says in the breadcrumb what is begun. What goes on later, beside other deliveries, says nothing: it might accuse the wrong one.
    func begin(_ delivery: Delivery) {
        let breadcrumb = DaemonLife.current?.breadcrumb
        breadcrumb?.enter(.delivery, message: delivery.request.envelope.queueID.description)
        defer { breadcrumb?.leave() }
        deliver(delivery)
    }

    func ended(_ slot: AgentSlot) {
        if isStopping { slot.close() }
    }

    func lost(_ slot: AgentSlot) {
        slots[ObjectIdentifier(slot)] = nil
        resumption.onEmpty = { [weak self] in self?.checkStopped() }
        checkStopped()
    }

    private func checkStopped() {
        guard isStopping, isIdle, let waiting = stopped else { return }
        stopped = nil
        waiting.resume()
    }
}
