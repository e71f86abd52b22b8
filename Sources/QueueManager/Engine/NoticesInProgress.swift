internal import Mail
internal import Scheduling

/// Notices that bounce has been asked for, until their child's arrival or their failure: so that none is asked for twice.
///
/// A second one would be dropped by its origin only if it named the same recipients.
struct NoticesInProgress {
    struct Notice {
        var location: RecordLocation
        var purpose: MessageOrigin.Purpose
        var ordinals: Set<UInt32>
        /// Set when bounce says that the child is on disk: its arrival should follow at once.
        var expectedUntil: Uptime?
    }

    private var notices: [UInt64: Notice] = [:]
    private var byLocation: [RecordLocation: Set<UInt64>] = [:]
    private var last: UInt64 = 0

    mutating func begin(_ location: RecordLocation, _ purpose: MessageOrigin.Purpose, _ ordinals: Set<UInt32>) -> UInt64 {
        last += 1
        notices[last] = Notice(location: location, purpose: purpose, ordinals: ordinals)
        byLocation[location, default: []].insert(last)
        return last
    }

    func concern(_ location: RecordLocation) -> Bool { byLocation[location] != nil }

    /// Whether such a notice for the recipient is under way.
    func cover(_ location: RecordLocation, _ purpose: MessageOrigin.Purpose, _ ordinal: UInt32) -> Bool {
        guard let numbers = byLocation[location] else { return false }
        return numbers.contains { number in
            guard let notice = notices[number] else { return false }
            return notice.purpose == purpose && notice.ordinals.contains(ordinal)
        }
    }

    mutating func end(_ number: UInt64) -> Notice? {
        guard let notice = notices.removeValue(forKey: number) else { return nil }
        byLocation[notice.location]?.remove(number)
        if byLocation[notice.location]?.isEmpty ?? false { byLocation[notice.location] = nil }
        return notice
    }

    mutating func expect(_ number: UInt64, until: Uptime) { notices[number]?.expectedUntil = until }

    /// The child arrived.
    mutating func completed(_ location: RecordLocation, _ purpose: MessageOrigin.Purpose, _ ordinals: [UInt32]) {
        for number in byLocation[location] ?? [] where notices[number]?.purpose == purpose {
            notices[number]?.ordinals.subtract(ordinals)
            if notices[number]?.ordinals.isEmpty ?? true { _ = end(number) }
        }
    }

    mutating func forget(_ location: RecordLocation) {
        for number in byLocation[location] ?? [] { notices[number] = nil }
        byLocation[location] = nil
    }

    /// Those whose child did not arrive in time.
    func overdue(_ now: Uptime) -> [UInt64] {
        notices.compactMap { number, notice in notice.expectedUntil.map { $0 <= now } ?? false ? number : nil }
    }
}
