import Mail
import Platform

extension QueueStore {
    /// No text of a status is longer in the journal.
    static let longestText = 4096

    /// Appends events in one write and applies them. They survive the end of this process at once, and a power cut after the
    /// next ``tick()``. Events for messages that are gone are ignored; those for records that have not been read yet are applied when
    /// they are.
    ///
    /// - Returns: the messages that have no recipient left: to be logged as removed, and forgotten.
    package func record(_ events: [JournalEvent]) throws(StoreError) -> [FinishedMessage] {
        guard !events.isEmpty else { return [] }
        if pendingEvents.isEmpty {
            try append(events)
        } else {
            try append(pendingEvents + events)
            pendingEvents = []
        }
        var finished: [FinishedMessage] = []
        var problems: [String] = []
        for event in events {
            let key = RecordKey(event.location)
            guard let entry = entry(key, nonce: event.location.nonce, &problems) else {
                keepUntilRead(event, key, &problems)
                continue
            }
            guard entry.apply(event.change, to: event.ordinal) else { continue }
            if let message = afterChange(entry) { finished.append(message) }
        }
        return finished
    }

    /// An agent may report to a new qmgr about a message of whose segment cleanup has not spoken yet.
    private func keepUntilRead(_ event: JournalEvent, _ key: RecordKey, _ problems: inout [String]) {
        if segments[key.segment] == nil { findSegments(&problems) }
        guard let segment = segments[key.segment], segment.identity.nonce == event.location.nonce,
            key.offset >= segment.readOffset, !segment.isReadToItsEnd
        else { return }
        replay.add([event]) { _, _ in true }
        recordedUnread.insert(key)
    }

    private func append(_ events: [JournalEvent]) throws(StoreError) {
        if unsyncedSince == nil { unsyncedSince = time.monotonic }
        if events.contains(where: { $0.change.hasLongText }) {
            try journal.append(events.map(\.cut))
        } else {
            try journal.append(events)
        }
    }

    /// *Failure:* they stay pending: each can be found out again from the child's record, or the segment's end.
    func writePendingEvents(_ arrivals: inout Arrivals) {
        guard !pendingEvents.isEmpty else { return }
        do {
            try append(pendingEvents)
            pendingEvents = []
        } catch {
            arrivals.problems.append("\(pendingEvents.count) events cannot be written yet: \(error)")
        }
    }

    func writePendingEvents() throws(StoreError) {
        guard !pendingEvents.isEmpty else { return }
        try append(pendingEvents)
        pendingEvents = []
    }

    /// The entry in memory, or one made from the index's rows; nil when the message is gone.
    func entry(_ key: RecordKey, nonce: SegmentNonce, _ problems: inout [String]) -> Entry? {
        if let entry = live[key] { return entry.location.nonce == nonce ? entry : nil }
        guard let segment = segments[key.segment], segment.indexed > 0 else { return nil }
        do {
            return try indexedEntry(key, nonce: nonce)
        } catch {
            problems.append("queue index: \(error)")
            noteIndexTrouble(error)
            return nil
        }
    }

    func indexedEntry(_ key: RecordKey, nonce: SegmentNonce?) throws(IndexError) -> Entry? {
        // Its rows go with the next commit; until then they speak of a message that is no more.
        guard !finishedRows.contains(key) else { return nil }
        let rows = try index.read { reader throws(IndexError) -> (MessageRow, [(ordinal: UInt32, row: RecipientRow)])? in
            guard let message = try reader.message(key), nonce == nil || message.nonce == nonce else { return nil }
            return (message, try reader.recipients(of: key))
        }
        guard let (message, recipients) = rows else { return nil }
        let entry = Entry(message, recipients: recipients, at: key, takenAt: time.wall)
        keepInMemory(entry)
        return entry
    }

    /// One that was made of its rows. Whatever happens to it, the next commit takes it out of memory again.
    func keepInMemory(_ entry: Entry) {
        live[entry.key] = entry
        putBackLive[entry.key] = entry
        mark(entry)
    }

    /// Moves an entry to where its states say it belongs; gives it back when it is finished.
    func afterChange(_ entry: Entry) -> FinishedMessage? {
        guard entry.states.remaining == 0 else {
            mark(entry)
            if case .putBack(let time) = entry.placement {
                if entry.states.isAllHeld {
                    entry.placement = .putBack(nil)
                } else if time == nil {
                    entry.placement = .putBack(now)
                }
            }
            return nil
        }
        if entry.states.isFinal(at: now) {
            forget(entry)
        } else {
            putBack(entry, until: nil)
        }
        return FinishedMessage(location: entry.location, queueID: entry.queueID)
    }

    /// The record will never be needed again.
    func forget(_ entry: Entry) {
        let key = entry.key
        live[key] = nil
        putBackLive[key] = nil
        if entry.indexCursor > 0 || entry.isIndexed { finishedRows.insert(key) }
        if let bodyFile = entry.bodyFile { retiredContents.append(bodyFile) }
        guard let segment = segments[key.segment] else { return }
        segment.isDirty = true
        if entry.isIndexed { segment.indexed -= 1 } else { segment.unindexedLive -= 1 }
    }

    /// Has the next commit write it. One in hand is not written for every report: only when it is old, or put back.
    func mark(_ entry: Entry) {
        guard !entry.isDirty, entry.placement != .inHand else { return }
        entry.isDirty = true
        dirty.append(entry)
    }
}

extension JournalEvent {
    /// With texts of bearable length.
    fileprivate var cut: JournalEvent {
        guard case .unreported(var status) = change else { return self }
        status.cut(to: QueueStore.longestText)
        return JournalEvent(.unreported(status), location: location, ordinal: ordinal)
    }
}

extension JournalEvent.Change {
    fileprivate var hasLongText: Bool {
        guard case .unreported(let status) = self else { return false }
        return status.text.utf8.count > QueueStore.longestText
            || (status.diagnostic?.text.utf8.count ?? 0) > QueueStore.longestText
    }
}

extension DeliveryStatus {
    fileprivate mutating func cut(to count: Int) {
        text = String(decoding: text.utf8.prefix(count), as: UTF8.self)
        guard let text = diagnostic?.text else { return }
        diagnostic?.text = String(decoding: text.utf8.prefix(count), as: UTF8.self)
    }
}
