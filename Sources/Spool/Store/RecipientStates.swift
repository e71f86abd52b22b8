import Mail

/// What has become of one recipient: exactly one of these (invariant I3).
package enum RecipientState: Equatable, Sendable {
    case queued, held, failed, quarantined, done, deleted
}

/// The states of a record's recipients: what replaying its events gives.
///
/// Every event sets or clears registers, so that a replayed run changes nothing. `done` is for ever.
struct RecipientStates: Equatable {
    struct Flags: OptionSet, Equatable {
        let rawValue: UInt8
        static let done = Flags(rawValue: 1)
        static let deleted = Flags(rawValue: 2)
        static let quarantined = Flags(rawValue: 4)
        static let held = Flags(rawValue: 8)
        static let unreported = Flags(rawValue: 16)
        static let delayWarned = Flags(rawValue: 32)
        static let expired = Flags(rawValue: 64)
        static let requeued = Flags(rawValue: 128)

        /// Neither delivered nor reported nor shown any more. A deleted one may still come back until its time is over.
        static let outOfQueue: Flags = [.done, .deleted, .quarantined]
    }

    private var flags: [Flags]
    /// Of those that are `unreported`.
    private(set) var statuses: [UInt32: DeliveryStatus] = [:]
    /// Recipients that are not out of the queue.
    private(set) var remaining: Int
    /// Seconds since 1970; the latest of the deletions.
    private(set) var restorableUntil: Int64 = .min

    init(count: Int, onHold: Bool = false) {
        flags = [Flags](repeating: onHold ? .held : [], count: count)
        remaining = count
    }

    /// As the index has them: all that are not listed are done.
    init(count: Int, rows: [(ordinal: UInt32, flags: Flags, status: DeliveryStatus?)], restorableUntil: Int64) {
        flags = [Flags](repeating: .done, count: count)
        remaining = 0
        self.restorableUntil = restorableUntil
        for row in rows where Int(row.ordinal) < count {
            flags[Int(row.ordinal)] = row.flags
            if row.flags.isDisjoint(with: .outOfQueue) { remaining += 1 }
            if row.flags.contains(.unreported) { statuses[row.ordinal] = row.status }
        }
    }

    subscript(ordinal: UInt32) -> RecipientState {
        let flags = flags[Int(ordinal)]
        if flags.contains(.done) { return .done }
        if flags.contains(.deleted) { return .deleted }
        if flags.contains(.quarantined) { return .quarantined }
        if flags.contains(.held) { return .held }
        return flags.contains(.unreported) ? .failed : .queued
    }

    var count: Int { flags.count }

    func flags(of ordinal: UInt32) -> Flags { Int(ordinal) < flags.count ? flags[Int(ordinal)] : .done }

    /// Whether an attempt or a notice is to be made for it.
    func isInHand(_ ordinal: UInt32) -> Bool {
        flags(of: ordinal).isDisjoint(with: [.done, .deleted, .quarantined, .held])
    }

    /// Whether nobody may be attempted or told before an operator says so.
    var isAllHeld: Bool {
        remaining > 0 && flags.allSatisfy { !$0.isDisjoint(with: .outOfQueue) || $0.contains(.held) }
    }

    /// Whether one that is in the queue has this flag.
    func isAnyInQueue(_ flag: Flags) -> Bool {
        remaining > 0 && flags.contains { $0.isDisjoint(with: .outOfQueue) && $0.contains(flag) }
    }

    /// Where the message is, as listings and filters have it; one in qmgr's hands is in ``QueueFilter/State/active``.
    var place: QueueFilter.State {
        if remaining == 0 { return .deleted }
        if isAllHeld { return .hold }
        return isAnyInQueue(.requeued) ? .maildrop : .deferred
    }

    /// Whether nothing of the record will ever be needed again: done, quarantined, or deleted beyond recall.
    func isFinal(at seconds: Int64) -> Bool {
        remaining == 0 && (restorableUntil <= seconds || !flags.contains { !$0.contains(.done) && $0.contains(.deleted) })
    }

    /// Returns the ordinals whose registers changed. Ordinals beyond the record's recipients are ignored.
    @discardableResult
    mutating func apply(_ change: JournalEvent.Change, to ordinal: UInt32) -> [UInt32] {
        if ordinal != JournalEvent.wholeMessage { return applyOne(change, to: Int(ordinal)) ? [ordinal] : [] }
        var changed: [UInt32] = []
        for index in flags.indices where applyOne(change, to: index) { changed.append(UInt32(index)) }
        return changed
    }

    private mutating func applyOne(_ change: JournalEvent.Change, to index: Int) -> Bool {
        guard index < flags.count, !flags[index].contains(.done) else { return false }
        let before = flags[index]
        var after = before
        switch change {
        case .done: after.insert(.done)
        case .unreported(let status):
            after.insert(.unreported)
            statuses[UInt32(index)] = status
        case .held: after.insert(.held)
        case .released: after.remove(.held)
        case .deleted(let until):
            after.insert(.deleted)
            restorableUntil = max(restorableUntil, until)
        case .restored: after.remove(.deleted)
        case .delayWarned: after.insert(.delayWarned)
        case .expired: after.insert(.expired)
        case .requeued:
            after.insert(.requeued)
            after.remove(.held)
        case .quarantined: after.insert(.quarantined)
        case .child(_, .delayNotice): after.insert(.delayWarned)
        case .child: after.insert(.done)
        case .sealed: return false
        }
        flags[index] = after
        if after.contains(.done) { statuses[UInt32(index)] = nil }
        let wasInQueue = before.isDisjoint(with: .outOfQueue)
        let isInQueue = after.isDisjoint(with: .outOfQueue)
        if wasInQueue != isInQueue { remaining += isInQueue ? 1 : -1 }
        return before != after || change.carriesValue
    }
}

extension JournalEvent.Change {
    fileprivate var carriesValue: Bool {
        switch self {
        case .unreported, .deleted: true
        default: false
        }
    }
}
