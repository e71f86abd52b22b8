internal import DequeModule
internal import Mail

/// A delivery service: its limits, its destinations, and the ring of flows that have something ready for it.
final class Transport {
    let name: String
    let limits: TransportLimits
    var busy = 0
    var destinations: [String: Destination] = [:]
    var flows: [String: Flow] = [:]
    /// In the scheduler's ring.
    var isQueued = false
    /// Set while the transport itself is unusable.
    var suspension: (status: DeliveryStatus, until: Uptime)?
    var restsUntil: Uptime?
    private var ring: Deque<Flow> = []

    init(name: String, limits: TransportLimits) {
        self.name = name
        self.limits = limits.normalised
    }

    var hasCapacity: Bool { (limits.processLimit == 0 || busy < limits.processLimit) && restsUntil == nil }
    var isReady: Bool { !ring.isEmpty }

    func flow(of sender: String) -> Flow {
        if let flow = flows[sender] { return flow }
        let flow = Flow(sender: sender)
        flows[sender] = flow
        return flow
    }

    func destination(_ name: String) -> Destination {
        if let destination = destinations[name] { return destination }
        let destination = Destination(name: name, transport: self)
        destinations[name] = destination
        return destination
    }

    func enqueue(_ flow: Flow) {
        guard !flow.isQueued, flow.isReady else { return }
        flow.isQueued = true
        ring.append(flow)
    }

    /// The lot whose turn it is; its flow goes to the end of the ring.
    func pop() -> Lot? {
        while let flow = ring.popFirst() {
            flow.isQueued = false
            guard let lot = flow.pop() else { continue }
            enqueue(flow)
            return lot
        }
        return nil
    }

    func dispose(_ lot: Lot) {
        lot.flow.lots -= 1
        if lot.flow.lots == 0 { flows[lot.flow.sender] = nil }
        lot.destination.lots -= 1
        forget(lot.destination)
    }

    func forget(_ destination: Destination) {
        // A timer may still know one that was forgotten while another of its name has been made.
        guard destination.isForgettable, destinations[destination.name] === destination else { return }
        destinations[destination.name] = nil
    }
}
