import Mail
import Platform
import Wire

/// What operators do to the queue: every change is an event of the journal, synced before it is told.
extension QueueStore {
    /// Messages that one portion looks at, and that it changes.
    private static let examinedAtOnce = 4000
    private static let changedAtOnce = 1000

    /// Does the next portion of a change.
    ///
    /// *Failure:* throws when the journal or the index refuses; the job can be gone on with, since every change may be repeated.
    package func perform(_ job: ChangeJob) throws(StoreError) -> ChangePortion {
        var portion = ChangePortion(job: job)
        if portion.job.places == nil { portion.job.places = places(of: &portion.job) }
        var entries: [Entry] = []
        var examined = 0
        while let place = portion.job.places?.first, examined < Self.examinedAtOnce, entries.count < Self.changedAtOnce {
            let (keys, rest) = try next(place, limit: min(Self.examinedAtOnce - examined, Self.changedAtOnce - entries.count))
            examined += keys.count
            portion.job.places?.removeFirst()
            if let rest { portion.job.places?.insert(rest, at: 0) }
            // What was in memory may be in the index when that is looked at.
            let remembers = portion.job.remembersAll || place.isInMemory
            let fresh = keys.filter { portion.job.seen.isEmpty || !portion.job.seen.contains($0) }
            if remembers { portion.job.seen.formUnion(fresh) }
            entries += try selected(fresh, portion.job, &portion.problems)
        }
        portion.job.examined += UInt64(examined)
        try apply(portion.job, to: entries, &portion)
        portion.job.changed += UInt64(portion.messages.count)
        return portion
    }

    // MARK: Finding

    private func places(of job: inout ChangeJob) -> [ChangeJob.Place] {
        let matcher = job.matcher
        var digests: [(IndexTable, [UInt64])] = []
        if let ids = matcher.ids {
            digests.append((.queueIDs, ids.sorted().map(QueueDigest.of)))
        } else if let hops = matcher.nextHops {
            digests.append((.sites, hops))
        } else if let domains = matcher.domains {
            digests.append((.domains, domains.map(QueueDigest.of)))
        }
        let inMemory = live.values.lazy.filter { entry in
            !entry.isIndexed && (matcher.ids?.contains(entry.queueID.description) ?? true)
        }.map(\.key).sorted()
        var places: [ChangeJob.Place] = inMemory.isEmpty ? [] : [.keys(inMemory)]
        if digests.isEmpty { places.append(.messages(from: RecordKey(segment: 0, offset: 0))) }
        for (table, list) in digests { places += list.map { .digest(table, $0, after: nil) } }
        // A message can have several domains or next hops.
        job.remembersAll = digests.contains { $0.0 != .queueIDs && $0.1.count > 1 }
        return places
    }

    /// The next keys of a place, and where to go on; nil at its end.
    private func next(
        _ place: ChangeJob.Place, limit: Int
    ) throws(StoreError) -> (keys: [RecordKey], rest: ChangeJob.Place?) {
        switch place {
        case .keys(let keys):
            let part = Array(keys.prefix(limit))
            let rest = Array(keys.dropFirst(limit))
            return (part, rest.isEmpty ? nil : .keys(rest))
        case .digest(let table, let digest, let last):
            let keys = try indexed { reader throws(IndexError) in
                try reader.records(table, digest, after: last, limit: limit)
            }
            return (keys, keys.isEmpty ? nil : .digest(table, digest, after: keys.last))
        case .messages(let start):
            var keys: [RecordKey] = []
            var following: RecordKey?
            try indexed { reader throws(IndexError) in
                try reader.scan(.messages, from: IndexKeys.message(start)) { row, _ throws(IndexError) in
                    guard let key = IndexKeys.record(in: row) else { return true }
                    guard keys.count < limit else {
                        following = key
                        return false
                    }
                    keys.append(key)
                    return true
                }
            }
            return (keys, following.map { .messages(from: $0) })
        }
    }

    /// Entries of those that the filter matches and the change would change. What is not in memory is read in one transaction.
    private func selected(_ keys: [RecordKey], _ job: ChangeJob, _ problems: inout [String]) throws(StoreError) -> [Entry] {
        var entries: [Entry] = []
        var absent: [RecordKey] = []
        for key in keys {
            if let entry = live[key] {
                if try isSelected(entry, job, &problems) { entries.append(entry) }
            } else if !finishedRows.contains(key) {
                absent.append(key)
            }
        }
        guard !absent.isEmpty else { return entries }
        let takenAt = time.wall
        let found = try indexed { reader throws(IndexError) -> [Entry] in
            var found: [Entry] = []
            for key in absent {
                if let entry = try self.selected(key, job, reader, takenAt: takenAt) { found.append(entry) }
            }
            return found
        }
        if !job.isTrial { for entry in found { keepInMemory(entry) } }
        return entries + found
    }

    private func isSelected(_ entry: Entry, _ job: ChangeJob, _ problems: inout [String]) throws(StoreError) -> Bool {
        guard changes(job.change, entry.states.place, entry.placement, isExpired: entry.states.isAnyInQueue(.expired)),
            job.matcher.matches(
                id: entry.queueID.description, sender: entry.sender.internalForm, arrival: entry.arrival / 1_000_000,
                size: entry.size, state: entry.placement == .inHand ? .active : entry.states.place)
        else { return false }
        guard job.matcher.needsRecipients else { return true }
        return job.matcher.matches(anyOf: try recipients(of: entry, &problems))
    }

    private func selected(
        _ key: RecordKey, _ job: ChangeJob, _ reader: any IndexReader, takenAt: Int64
    ) throws(IndexError) -> Entry? {
        guard let row = try reader.message(key),
            changes(job.change, row.place, .putBack(row.nextAttempt), isExpired: row.isExpired),
            job.matcher.matches(
                id: row.queueID.description, sender: row.sender.internalForm, arrival: row.arrival / 1_000_000, size: row.size,
                state: row.place)
        else { return nil }
        let recipients = try reader.recipients(of: key)
        if job.matcher.needsRecipients {
            guard job.matcher.matches(anyOf: recipients.lazy.compactMap(\.row.compared)) else { return nil }
        }
        return Entry(row, recipients: recipients, at: key, takenAt: takenAt)
    }

    private func recipients(
        of entry: Entry, _ problems: inout [String]
    ) throws(StoreError) -> [QueueMatcher.Recipient] {
        if entry.isIndexed {
            return try indexed { reader throws(IndexError) -> [QueueMatcher.Recipient] in
                try reader.recipients(of: entry.key).compactMap { (ordinal, row) -> QueueMatcher.Recipient? in
                    guard entry.states.flags(of: ordinal).isDisjoint(with: .outOfQueue) else { return nil }
                    return row.compared
                }
            }
        }
        var arrivals = Arrivals()
        var all = entry.recipients ?? []
        if entry.recipients == nil { all = try record(of: entry, &arrivals)?.envelope.recipients ?? [] }
        problems += arrivals.problems
        return all.enumerated().compactMap { ordinal, recipient in
            let ordinal = UInt32(ordinal)
            guard entry.states.flags(of: ordinal).isDisjoint(with: .outOfQueue) else { return nil }
            let reason = entry.reasons[ordinal]
            return QueueMatcher.Recipient(
                address: recipient.address.internalForm,
                reason: (entry.states.statuses[ordinal] ?? reason?.status)?.text ?? "", nextHop: reason?.site ?? 0)
        }
    }

    /// Whether the change means anything for a message in this state.
    private func changes(
        _ change: QueueChange, _ place: QueueFilter.State, _ placement: Entry.Placement, isExpired: Bool
    ) -> Bool {
        switch change {
        case .hold: return place == .deferred
        case .release: return place == .hold
        // What is deleted can be deleted for good.
        case .delete(let seconds, _): return place != .deleted || seconds == 0
        case .restore: return place == .deleted
        case .expire: return place != .deleted && place != .maildrop && !isExpired
        case .requeue: return place != .deleted && place != .maildrop
        case .flush:
            guard case .putBack(_?) = placement else { return false }
            return place == .deferred || place == .maildrop
        }
    }

    // MARK: Changing

    private func apply(_ job: ChangeJob, to entries: [Entry], _ portion: inout ChangePortion) throws(StoreError) {
        guard !entries.isEmpty else { return }
        portion.messages = entries.map { entry in
            ChangedMessage(
                location: entry.location, queueID: entry.queueID, wasInHand: entry.placement == .inHand, isFinished: false)
        }
        guard !job.isTrial else { return }
        var erasing: [(Entry, ErasedParts)] = []
        if case .delete(_, let purges) = job.change, purges {
            for entry in entries {
                if let parts = try parts(of: entry, &portion.problems) { erasing.append((entry, parts)) }
            }
        }
        _ = try record(entries.compactMap { event(job.change, $0) })
        if job.change == .flush || job.change == .requeue { for entry in entries { makeDue(entry) } }
        try sync()
        for index in entries.indices { portion.messages[index].isFinished = entries[index].states.remaining == 0 }
        for (entry, parts) in erasing { erase(parts, of: entry, &portion.problems) }
    }

    private func event(_ change: QueueChange, _ entry: Entry) -> JournalEvent? {
        switch change {
        case .hold: return JournalEvent(.held, location: entry.location)
        case .release: return JournalEvent(.released, location: entry.location)
        case .delete(let seconds, let purges):
            // For good when there is nothing to wait for: also a record whose bytes are erased must never be looked at again.
            if purges || seconds == 0 { return JournalEvent(.done, location: entry.location) }
            return JournalEvent(.deleted(restorableUntil: now + Int64(seconds)), location: entry.location)
        case .restore: return JournalEvent(.restored, location: entry.location)
        case .expire: return JournalEvent(.expired, location: entry.location)
        case .requeue: return JournalEvent(.requeued, location: entry.location)
        case .flush: return nil
        }
    }

    private func makeDue(_ entry: Entry) {
        guard case .putBack = entry.placement, live[entry.key] === entry, entry.states.remaining > 0 else { return }
        putBack(entry, until: now)
    }
}

extension RecipientRow {
    /// For a filter; nil when it is out of the queue.
    fileprivate var compared: QueueMatcher.Recipient? {
        guard flags.isDisjoint(with: .outOfQueue) else { return nil }
        return QueueMatcher.Recipient(address: address, reason: status?.text ?? "", nextHop: site)
    }
}
