/// The recipients of one message that go to one destination. A delivery takes the next few of them.
final class Lot {
    let message: UInt64
    let nextHop: String
    let destination: Destination
    let flow: Flow
    /// A place in the destination's window is kept for it.
    var hasReservation = false
    private var ordinals: [UInt32]
    private var taken = 0

    init(message: UInt64, nextHop: String, destination: Destination, flow: Flow, ordinals: [UInt32]) {
        self.message = message
        self.nextHop = nextHop
        self.destination = destination
        self.flow = flow
        self.ordinals = ordinals
        destination.lots += 1
        flow.lots += 1
    }

    var isEmpty: Bool { taken == ordinals.count }

    /// The next recipients: all of them when `limit` is zero.
    func take(_ limit: Int) -> [UInt32] {
        let rest = ordinals.count - taken
        guard limit > 0, limit < rest else {
            defer { taken = ordinals.count }
            return taken == 0 ? ordinals : Array(ordinals[taken...])
        }
        defer { taken += limit }
        return Array(ordinals[taken..<taken + limit])
    }

}
