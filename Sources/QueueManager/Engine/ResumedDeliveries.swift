internal import Mail
internal import Scheduling

/// Recipients that agents have in hand although no delivery of this qmgr's says so: those of an earlier qmgr, and those whose connection
/// broke while the agent lives. An agent says so again each second.
struct ResumedDeliveries {
    private struct Held {
        var ordinals: Set<UInt32>
        var until: Uptime
    }

    /// After this silence an agent is given up, even if its process is there.
    let patience: Duration
    private var inHand: [RecordLocation: [UInt64: Held]] = [:]

    init(patience: Duration) { self.patience = patience }

    var isEmpty: Bool { inHand.isEmpty }

    func isInHand(_ location: RecordLocation, _ ordinal: UInt32) -> Bool {
        guard !inHand.isEmpty, let agents = inHand[location] else { return false }
        return agents.values.contains { $0.ordinals.contains(ordinal) }
    }

    mutating func note(_ location: RecordLocation, _ ordinals: some Sequence<UInt32>, agent: UInt64, now: Uptime) {
        var held = inHand[location]?[agent] ?? Held(ordinals: [], until: now)
        held.ordinals.formUnion(ordinals)
        held.until = now + patience
        guard !held.ordinals.isEmpty else { return }
        inHand[location, default: [:]][agent] = held
    }

    mutating func release(_ location: RecordLocation, _ ordinals: some Sequence<UInt32>, agent: UInt64) {
        guard inHand[location]?[agent] != nil else { return }
        inHand[location]?[agent]?.ordinals.subtract(ordinals)
        if inHand[location]?[agent]?.ordinals.isEmpty ?? true { inHand[location]?[agent] = nil }
        if inHand[location]?.isEmpty ?? true { inHand[location] = nil }
    }

    /// Takes out those whose agent is dead, or has been silent for too long.
    mutating func expired(living: Set<UInt64>, now: Uptime) -> [(location: RecordLocation, ordinals: Set<UInt32>)] {
        var gone: [(location: RecordLocation, ordinals: Set<UInt32>)] = []
        for (location, agents) in inHand {
            for (agent, held) in agents where !living.contains(agent) || held.until <= now {
                gone.append((location, held.ordinals))
                inHand[location]?[agent] = nil
            }
            if inHand[location]?.isEmpty ?? true { inHand[location] = nil }
        }
        return gone
    }
}
