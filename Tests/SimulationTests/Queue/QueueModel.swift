import Mail
import Spool

/// What a test told the spool, and what it was told in return: from this follows what may and what must be found after a
/// power cut.
struct QueueModel {
    struct Record {
        var recipients: Int
        var origin: MessageOrigin?
        var isOnHold: Bool
        /// The append returned: cleanup would have answered 250 (invariant I1).
        var isAcknowledged: Bool
    }

    struct Event {
        var location: RecordLocation
        var ordinal: UInt32
        var change: JournalEvent.Change
        /// Known to be on stable storage.
        var isCertain = false
    }

    private(set) var records: [RecordLocation: Record] = [:]
    /// In the order in which they were recorded; what is recorded while the power goes is here too.
    private(set) var events: [Event] = []
    /// Events before this are of an earlier process: what is uncertain about them stays so until it is looked for.
    private var processStart = 0

    mutating func add(_ record: Record, at location: RecordLocation) { records[location] = record }
    mutating func add(_ event: JournalEvent) {
        events.append(Event(location: event.location, ordinal: event.ordinal, change: event.change))
    }
    mutating func everythingIsSynced() {
        for index in events.indices[processStart...] { events[index].isCertain = true }
    }

    /// Another process has read what there is: it was read from the disk.
    mutating func restart(_ found: (RecordLocation, UInt32) -> RecipientState?) {
        processStart = events.count
        events.removeAll { event in
            guard !event.isCertain, event.change == .done else { return false }
            guard let state = found(event.location, event.ordinal) else { return false }
            return state != .done
        }
        for index in events.indices where events[index].change == .done { events[index].isCertain = true }
        processStart = events.count
    }

    // MARK: what may be and what must be

    func isCertainlyDone(_ location: RecordLocation, _ ordinal: UInt32) -> Bool {
        events.contains { $0.isCertain && $0.says(.done, location, ordinal) }
            || children(of: location, ordinal).contains { records[$0]?.isAcknowledged == true }
    }

    func isPossiblyDone(_ location: RecordLocation, _ ordinal: UInt32) -> Bool {
        events.contains { $0.says(.done, location, ordinal) } || !children(of: location, ordinal).isEmpty
            || siblings(of: location).contains { _ in true }
    }

    /// Records that were made for this recipient and complete it.
    func children(of location: RecordLocation, _ ordinal: UInt32) -> [RecordLocation] {
        records.filter { _, record in
            guard let origin = record.origin, origin.purpose != .delayNotice else { return false }
            return origin.parent == location && origin.recipients.contains(ordinal)
        }.map(\.key)
    }

    /// Other children of the same origin and purpose: all but one of them are dropped.
    func siblings(of location: RecordLocation) -> [RecordLocation] {
        guard let origin = records[location]?.origin else { return [] }
        return records.filter { $0.key != location && $0.value.origin == origin }.map(\.key)
    }

    /// The values that a register may have: that of its last certain event, and those of all later ones.
    func possible(
        _ location: RecordLocation, _ ordinal: UInt32, initially: Bool, set: JournalEvent.Change, cleared: JournalEvent.Change?
    ) -> Set<Bool> {
        var values: Set<Bool> = [initially]
        for event in events {
            let value: Bool
            if event.says(set, location, ordinal) {
                value = true
            } else if let cleared, event.says(cleared, location, ordinal) {
                value = false
            } else {
                continue
            }
            if event.isCertain { values = [value] } else { values.insert(value) }
        }
        return values
    }
}

extension QueueModel.Event {
    func says(_ change: JournalEvent.Change, _ location: RecordLocation, _ ordinal: UInt32) -> Bool {
        self.change == change && self.location == location
            && (self.ordinal == ordinal || self.ordinal == JournalEvent.wholeMessage)
    }
}
