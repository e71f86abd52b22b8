internal import DequeModule

/// What one sender has ready for one transport. Flows take turns, and within a flow its messages.
final class Flow {
    let sender: String
    /// Lots that exist, ready or parked.
    var lots = 0
    /// In the transport's ring.
    var isQueued = false
    /// A place in their destination's window is kept for these: they go first.
    private var granted: Deque<Lot> = []
    private var ring: Deque<ReadyMessage> = []
    private var messages: [UInt64: ReadyMessage] = [:]

    /// The lots of one message.
    private final class ReadyMessage {
        let number: UInt64
        var lots: Deque<Lot> = []
        init(number: UInt64) { self.number = number }
    }

    init(sender: String) { self.sender = sender }

    var isReady: Bool { !granted.isEmpty || !ring.isEmpty }

    func push(_ lot: Lot) {
        if let message = messages[lot.message] {
            message.lots.append(lot)
            return
        }
        let message = ReadyMessage(number: lot.message)
        message.lots.append(lot)
        messages[lot.message] = message
        ring.append(message)
    }

    func pushGranted(_ lot: Lot) { granted.append(lot) }

    /// The lot whose turn it is: one of the first message, which then goes to the end of the ring.
    func pop() -> Lot? {
        if let lot = granted.popFirst() { return lot }
        guard let message = ring.popFirst(), let lot = message.lots.popFirst() else { return nil }
        if message.lots.isEmpty {
            messages[message.number] = nil
        } else {
            ring.append(message)
        }
        return lot
    }
}
