internal import Mail
internal import Scheduling

/// Recipients that agents of an earlier qmgr still have in hand. An agent says so again each second.
struct ResumedDeliveries {
    /// After this silence the agent is taken for dead.
    static let patience = Duration.seconds(10)

    private var inHand: [RecordLocation: (ordinals: Set<UInt32>, until: Uptime)] = [:]

    func isInHand(_ location: RecordLocation, _ ordinal: UInt32) -> Bool {
        inHand.isEmpty ? false : inHand[location]?.ordinals.contains(ordinal) ?? false
    }

    mutating func note(_ location: RecordLocation, _ ordinals: [UInt32], now: Uptime) {
        var held = inHand[location] ?? ([], now)
        held.ordinals.formUnion(ordinals)
        held.until = now + Self.patience
        inHand[location] = held.ordinals.isEmpty ? nil : held
    }

    mutating func release(_ location: RecordLocation, _ ordinals: some Sequence<UInt32>) {
        guard inHand[location] != nil else { return }
        inHand[location]?.ordinals.subtract(ordinals)
        if inHand[location]?.ordinals.isEmpty ?? true { inHand[location] = nil }
    }

    /// Takes out those whose agent fell silent.
    mutating func expired(_ now: Uptime) -> [(location: RecordLocation, ordinals: Set<UInt32>)] {
        var silent: [(RecordLocation, Set<UInt32>)] = []
        for (location, held) in inHand where held.until <= now { silent.append((location, held.ordinals)) }
        for (location, _) in silent { inHand[location] = nil }
        return silent
    }
}
