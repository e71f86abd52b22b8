import Mail
import Platform

extension QueueStore {
    /// Rows of recipients that one commit writes for one message.
    fileprivate static let rowsPerMessage = 2000
    /// Messages that one commit writes.
    private static let messagesPerCommit = 5000
    private static let commitsForListing = 8
    /// Nothing but read offsets has changed: no hurry (nanoseconds).
    private static let offsetInterval: UInt64 = 5_000_000_000
    /// After a commit that failed (nanoseconds).
    private static let retryInterval: UInt64 = 10_000_000_000

    /// Syncs the journal and commits the index when they are due by ``Limits``. Cheap when nothing is.
    package func tick() throws(StoreError) {
        let monotonic = time.monotonic
        if let since = unsyncedSince, monotonic &- since >= limits.syncInterval { try sync() }
        guard monotonic >= commitNotBefore else { return }
        let elapsed = monotonic &- lastCommit
        if elapsed >= limits.commitInterval && (!dirty.isEmpty || !finishedRows.isEmpty || hasOldInHand) {
            try commit()
        } else if elapsed >= Self.offsetInterval && segments.values.contains(where: \.isDirty) {
            try commit()
        }
    }

    /// Everything recorded so far survives a power cut.
    func sync() throws(StoreError) {
        try writePendingEvents()
        try journal.sync()
        unsyncedSince = nil
        journal.noteSynced()
    }

    /// As many commits as everything that waits for one takes, within reason: for a listing that comes next.
    package func commitAll() throws(StoreError) {
        for _ in 0..<Self.commitsForListing {
            try commit()
            if dirty.isEmpty && finishedRows.isEmpty { return }
        }
    }

    /// Syncs the journal, then writes what was put back, what is old and what is finished into the index in one transaction.
    package func commit() throws(StoreError) { try commit(isComplete: false) }

    /// - Parameter isComplete: also what is in hand, so that the index needs no event before this commit.
    func commit(isComplete: Bool) throws(StoreError) {
        try sync()
        repeat {
            let (writing, recipients) = try withRecipients(select(isComplete: isComplete), isComplete: isComplete)
            do {
                try index.write { writer throws(IndexError) in try self.write(writing, recipients, writer) }
            } catch {
                for entry in writing { entry.isCommitting = false }
                dirty += writing
                commitNotBefore = time.monotonic &+ Self.retryInterval
                noteIndexTrouble(error)
                throw .index(error)
            }
            committed(writing)
        } while isComplete && hasMoreToWrite
        lastCommit = time.monotonic
        commitNotBefore = 0
    }

    private var hasOldInHand: Bool {
        let limit = time.wall - limits.indexAfter
        return segments.values.contains { segment in
            guard let offset = oldestUnindexed(segment), let entry = entry(offset, segment) else { return false }
            return entry.takenAt <= limit
        }
    }

    private var hasMoreToWrite: Bool {
        !dirty.isEmpty || segments.values.contains { oldestUnindexed($0) != nil }
    }

    private func entry(_ offset: UInt64, _ segment: SegmentState) -> Entry? {
        live[RecordKey(segment: segment.identity.number, offset: offset)]
    }

    /// The first record that is neither final nor in the index.
    private func oldestUnindexed(_ segment: SegmentState) -> UInt64? {
        while let offset = segment.unindexed.first {
            if let entry = entry(offset, segment), !entry.isIndexed { return offset }
            segment.unindexed.removeFirst()
        }
        return nil
    }

    /// Takes what this commit writes off the list of what is to be written.
    private func select(isComplete: Bool) -> [Entry] {
        var writing: [Entry] = []
        let waiting = dirty
        dirty = []
        for entry in waiting where entry.isDirty && live[entry.key] === entry {
            if entry.placement == .inHand && !isComplete {
                entry.isDirty = false
            } else if writing.count < Self.messagesPerCommit {
                entry.isCommitting = true
                writing.append(entry)
            } else {
                dirty.append(entry)
            }
        }
        let limit = isComplete ? .max : time.wall - limits.indexAfter
        for segment in segments.values {
            _ = oldestUnindexed(segment)
            for offset in segment.unindexed.rest where writing.count < Self.messagesPerCommit {
                guard let entry = entry(offset, segment), !entry.isIndexed, !entry.isCommitting else { continue }
                if entry.takenAt > limit { break }
                entry.isCommitting = true
                writing.append(entry)
            }
        }
        if isComplete {
            for entry in live.values where entry.isIndexed && !entry.isCommitting && !entry.changed.isEmpty {
                entry.isCommitting = true
                writing.append(entry)
            }
        }
        return writing
    }

    /// Inside the transaction.
    private func write(
        _ entries: [Entry], _ recipients: [RecordKey: [EnvelopeRecipient]], _ writer: any IndexWriter
    ) throws(IndexError) {
        var added: [UInt64: Int] = [:]
        for entry in entries {
            if entry.isIndexed {
                try writer.update(entry)
            } else {
                if entry.willBeIndexed { added[entry.key.segment, default: 0] += 1 }
                try writer.insert(
                    entry, recipients: entry.recipients ?? recipients[entry.key] ?? [], limit: Self.rowsPerMessage)
            }
        }
        for key in finishedRows { try writer.removeMessage(key) }
        for file in newMaildropOrigins {
            guard let child = maildropOrigins[file] else { continue }
            try writer.put(.origins, OriginRow.key(file), OriginRow(child: child, arrived: now).bytes)
        }
        for (number, segment) in segments where segment.isDirty || added[number] != nil {
            let row = SegmentRow(
                nonce: segment.identity.nonce, readOffset: safeOffset(segment),
                highWater: max(segment.readOffset, segment.highWater),
                sealedEnd: segment.sealedEnd, live: UInt32(clamping: segment.indexed + (added[number] ?? 0)))
            try writer.put(.segments, IndexKeys.segment(number), row.bytes)
        }
        for number in goneSegments { try writer.delete(.segments, IndexKeys.segment(number)) }
        try writer.put(.meta, MetaRow.key, MetaRow(journal: journal.synced).bytes)
    }

    /// Records before this are final, or have rows once this commit is done.
    private func safeOffset(_ segment: SegmentState) -> UInt64 {
        var safe = segment.readOffset
        for offset in segment.unindexed.rest {
            guard let entry = entry(offset, segment), !entry.isIndexed else { continue }
            if !(entry.isCommitting && entry.willBeIndexed) {
                safe = offset
                break
            }
        }
        return min(safe, segment.keptFrom ?? safe)
    }

    private func committed(_ entries: [Entry]) {
        for entry in entries {
            entry.isCommitting = false
            entry.isDirty = false
            if !entry.isIndexed {
                let written = min(Int(entry.indexCursor) + Self.rowsPerMessage, entry.states.count)
                entry.indexCursor = UInt32(written)
                if written < entry.states.count {
                    entry.isDirty = true
                    dirty.append(entry)
                    continue
                }
                entry.isIndexed = true
                entry.recipients = nil
                if let segment = segments[entry.key.segment] {
                    segment.unindexedLive -= 1
                    segment.indexed += 1
                }
            }
            entry.indexedAttempt = entry.nextAttempt
            entry.changed = []
            if let time = entry.nextAttempt, IndexKeys.due(time, entry.key).lexicographicallyPrecedes(dueCursor) {
                dueCursor = IndexKeys.due(time, entry.key)
            }
            if entry.placement != .inHand {
                live[entry.key] = nil
                putBackLive[entry.key] = nil
            }
        }
        finishedRows = []
        goneSegments = []
        newMaildropOrigins = []
        maildropOrigins = [:]
        for segment in segments.values { segment.isDirty = false }
    }

    /// The recipients of large envelopes, for their rows. An entry whose record is damaged goes to quarantine instead; one that
    /// cannot be read now is left for later, where that may be.
    private func withRecipients(
        _ entries: [Entry], isComplete: Bool
    ) throws(StoreError) -> ([Entry], [RecordKey: [EnvelopeRecipient]]) {
        var writing: [Entry] = []
        var recipients: [RecordKey: [EnvelopeRecipient]] = [:]
        var arrivals = Arrivals()
        for entry in entries {
            if !entry.isIndexed && entry.recipients == nil {
                do throws(StoreError) {
                    guard let found = try record(of: entry, &arrivals) else {
                        entry.isCommitting = false
                        continue
                    }
                    recipients[entry.key] = found.envelope.recipients
                } catch {
                    entry.isCommitting = false
                    if entry.isDirty { dirty.append(entry) }
                    if isComplete { throw error }
                    continue
                }
            }
            writing.append(entry)
        }
        troubles += arrivals.problems
        return (writing, recipients)
    }

    /// A damaged index is rebuilt at the next start: this file says so.
    func noteIndexTrouble(_ error: IndexError) {
        guard case .damaged = error else { return }
        if let file = try? fileSystem.open(directory.rebuildMark, .createOrOpen(permissions: 0o600)) { file.close() }
        try? fileSystem.syncDirectory(directory.index)
    }
}

extension SpoolDirectory {
    /// Says that the index must be rebuilt at the next start.
    package var rebuildMark: String { index + "/rebuild" }
}

extension Entry {
    /// Seconds since 1970, as its row has it: one in hand is due as soon as this process is gone.
    var nextAttempt: Int64? {
        if states.remaining == 0 { return states.restorableUntil }
        switch placement {
        case .putBack(let time): return time
        case .inHand: return indexedAttempt ?? takenAt / 1_000_000
        }
    }

    /// Whether the commit under way writes its last row.
    var willBeIndexed: Bool { !isIndexed && states.count - Int(indexCursor) <= QueueStore.rowsPerMessage }
}
