internal import DequeModule
internal import Mail

/// A next hop of a transport (or, where a delivery takes one recipient only, one recipient there): its concurrency window,
/// and the lots that wait for a place in it, by flow.
final class Destination {
    let name: String
    unowned let transport: Transport
    var window: ConcurrencyWindow
    /// Deliveries in hand.
    var busy = 0
    /// Places kept for lots that were called from the parking place.
    var reserved = 0
    /// Lots that exist, ready or parked.
    var lots = 0
    /// Set while it is dead.
    var suspension: (status: DeliveryStatus, until: Uptime)?
    /// A rate delay runs until then.
    var restsUntil: Uptime?

    private var parked: Deque<Flow> = []
    private var parkedLots: [ObjectIdentifier: Deque<Lot>] = [:]

    init(name: String, transport: Transport) {
        self.name = name
        self.transport = transport
        window = ConcurrencyWindow(transport.limits)
    }

    var hasPlace: Bool { busy + reserved < window.size && restsUntil == nil }
    var hasParked: Bool { !parked.isEmpty }
    var isForgettable: Bool { lots == 0 && busy == 0 && suspension == nil && restsUntil == nil }

    func park(_ lot: Lot) {
        let key = ObjectIdentifier(lot.flow)
        if parkedLots[key] == nil { parked.append(lot.flow) }
        parkedLots[key, default: []].append(lot)
    }

    /// The next lot, flows taking turns.
    func unpark() -> Lot? {
        guard let flow = parked.popFirst() else { return nil }
        let key = ObjectIdentifier(flow)
        let lot = parkedLots[key]?.popFirst()
        if parkedLots[key]?.isEmpty ?? true {
            parkedLots[key] = nil
        } else {
            parked.append(flow)
        }
        return lot
    }
}
