internal import Mail
internal import Spool

/// The recipients of an active message that are in memory, in the order of their ordinals, and where each of them stands.
struct RecipientTable {
    enum State {
        /// Not yet resolved, or in the scheduler.
        case waiting
        /// An agent of an earlier qmgr still has it.
        case withAgent
        case inDelivery(UInt64)
        case deferred(DeliveryStatus)
        /// Attempted for good, the sender is to be told.
        case unreported(DeliveryStatus)
        case final
        /// Not to be attempted in this pass.
        case withheld
    }

    struct Entry {
        let ordinal: UInt32
        var recipient: EnvelopeRecipient
        var state: State
        var delayWarned: Bool
        /// Why an earlier pass failed.
        var earlierDeferral: DeliveryStatus?
        /// The next hop, once resolved.
        var site = ""
    }

    private(set) var entries: [Entry] = []
    /// Entries that are waiting or in an agent's hand.
    private(set) var outstanding = 0

    /// - Returns: how many of them are to be delivered.
    mutating func append(_ recipients: [QueuedRecipient]) {
        entries.reserveCapacity(entries.count + recipients.count)
        for recipient in recipients {
            let state: State
            switch recipient.state {
            case .queued: state = .waiting
            case .unreported(let status): state = .unreported(status)
            }
            if case .waiting = state { outstanding += 1 }
            entries.append(
                Entry(
                    ordinal: recipient.ordinal, recipient: recipient.recipient, state: state,
                    delayWarned: recipient.delayWarned,
                    earlierDeferral: recipient.deferral))
        }
    }

    /// The place of an ordinal; nil when it is not in memory.
    func index(of ordinal: UInt32) -> Int? {
        if entries.count == 1 { return entries[0].ordinal == ordinal ? 0 : nil }
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].ordinal < ordinal { low = middle + 1 } else { high = middle }
        }
        return low < entries.count && entries[low].ordinal == ordinal ? low : nil
    }

    mutating func set(_ index: Int, _ state: State) {
        let was = Self.isOutstanding(entries[index].state)
        entries[index].state = state
        let now = Self.isOutstanding(state)
        if was, !now { outstanding -= 1 }
        if !was, now { outstanding += 1 }
    }

    /// Once resolved. The address may be another than the envelope's: then that is what the log calls orig_to.
    mutating func set(_ index: Int, site: String, address: EmailAddress) {
        entries[index].site = site
        guard entries[index].recipient.address != address else { return }
        entries[index].recipient.original = entries[index].recipient.original ?? entries[index].recipient.address
        entries[index].recipient.address = address
    }

    mutating func setDelayWarned(_ index: Int) { entries[index].delayWarned = true }

    /// Forgets what is decided, of an envelope that is read in slices. Keeps failures, which a report will list.
    ///
    /// - Returns: the deferred ones among those that are forgotten.
    mutating func compact() -> [Entry] {
        var forgotten: [Entry] = []
        entries.removeAll { entry in
            switch entry.state {
            case .deferred:
                forgotten.append(entry)
                return true
            case .final: return true
            case .waiting, .withAgent, .inDelivery, .unreported, .withheld: return false
            }
        }
        return forgotten
    }

    private static func isOutstanding(_ state: State) -> Bool {
        switch state {
        case .waiting, .withAgent, .inDelivery: true
        case .deferred, .unreported, .final, .withheld: false
        }
    }
}
