import Mail
import Platform
package import Wire

/// A record as it was found, in a notice or in a segment.
struct FoundRecord {
    var offset: UInt64
    var envelope: [UInt8]
    var content: ContentLocation
    var committed: Int64

    init(_ record: ArrivedRecord, envelope: [UInt8]) {
        offset = record.offset
        self.envelope = envelope
        content = record.content
        committed = record.committed
    }

    init(_ record: StoredRecord) {
        offset = record.location.offset
        envelope = record.envelope
        content = record.content
        committed = record.written
    }
}

extension QueueStore {
    /// Takes up what cleanup says has arrived. Idempotent: what is known already is skipped, a gap is read from the segment.
    ///
    /// A child's arrival completes its parent's recipients (pitfalls S7); a second child of the same origin is dropped.
    /// *Failure:* what cannot be read now is a sentence in `problems`, and is read by a later ``recoverTails(limit:)``.
    package func take(_ notice: ArrivalNotice) throws(StoreError) -> Arrivals {
        var arrivals = Arrivals()
        let segment = segment(SegmentIdentity(number: notice.segment, nonce: notice.nonce))
        guard segment.identity.nonce == notice.nonce else {
            arrivals.problems.append("segment \(SpoolDirectory.name(notice.segment)) is announced with another nonce")
            return arrivals
        }
        segment.announced = max(segment.announced, notice.synced)
        readDoneList(of: segment, &arrivals)
        if notice.from <= segment.readOffset {
            for record in notice.records where record.offset == segment.readOffset {
                guard let envelope = record.envelope, !segment.isUndecided else { break }
                accept(FoundRecord(record, envelope: envelope), in: segment, putBack: false, into: &arrivals)
                segment.readOffset = record.offset + record.length
            }
        }
        if segment.readOffset < notice.synced { read(segment, to: notice.synced, putBackBeyond: .max, into: &arrivals) }
        if notice.sealed { seal(segment, at: notice.synced) }
        settle(segment)
        writePendingEvents(&arrivals)
        if !arrivals.completions.isEmpty { refresh(&arrivals) }
        return arrivals
    }

    /// The segment of this number; one that was not known is new.
    func segment(_ identity: SegmentIdentity) -> SegmentState {
        if let known = segments[identity.number] { return known }
        let segment = SegmentState(identity, firstEvent: journal.position, hasReadDoneList: true)
        segments[identity.number] = segment
        return segment
    }

    func seal(_ segment: SegmentState, at end: UInt64) {
        guard segment.sealedEnd == nil else { return }
        segment.sealedEnd = end
        segment.isDirty = true
        let location = RecordLocation(segment: segment.identity.number, nonce: segment.identity.nonce, offset: end)
        pendingEvents.append(JournalEvent(.sealed, location: location))
    }

    /// Reads records up to an offset that is known to be on stable storage.
    func read(_ segment: SegmentState, to end: UInt64, putBackBeyond limit: Int, into arrivals: inout Arrivals) {
        readDoneList(of: segment, &arrivals)
        do throws(SegmentError) {
            let reader = try readers.reader(segment.identity.number, in: directory, fileSystem: fileSystem)
            guard reader.identity == segment.identity else {
                arrivals.problems.append("\(reader.file.path) has another nonce than was announced")
                return
            }
            reader.forgetWindow()
            var scan = reader.scan(from: segment.readOffset, to: end)
            while let item = try scan.next() {
                switch item {
                case .record(let record):
                    let isBeyond = arrivals.messages.count >= limit
                    accept(FoundRecord(record), in: segment, putBack: isBeyond, into: &arrivals)
                    segment.readOffset = record.end
                    if isBeyond { bound(&arrivals) }
                case .damaged(let damage):
                    setAside(damage, of: segment, &arrivals)
                    segment.readOffset = damage.range.upperBound
                }
            }
            segment.readOffset = max(segment.readOffset, end)
        } catch {
            arrivals.problems.append("\(error)")
        }
    }

    /// What has been read in answer to lost events was undecided; what comes later is not.
    func settle(_ segment: SegmentState) {
        if segment.isUndecided && segment.readOffset >= segment.announced && segment.announced > 0 {
            segment.isUndecided = false
        }
    }

    /// Takes up one record that has not been taken up before, in this process.
    func accept(_ record: FoundRecord, in segment: SegmentState, putBack: Bool, into arrivals: inout Arrivals) {
        let location = RecordLocation(
            segment: segment.identity.number, nonce: segment.identity.nonce, offset: record.offset)
        segment.isDirty = true
        if record.offset < segment.highWater && hasRows(RecordKey(location)) { return }
        guard let envelope = understood(record, at: location, segment, &arrivals) else { return }
        var states = RecipientStates(count: envelope.recipients.count, onHold: envelope.onHold)
        if !replay.isEmpty {
            for event in replay.take(RecordKey(location)) { states.apply(event.change, to: event.ordinal) }
        }
        defer { if !recordedUnread.isEmpty { recordedUnread.remove(RecordKey(location)) } }
        if let origin = envelope.origin, isSecondChild(origin, at: location, &arrivals) {
            if let bodyFile = record.content.bodyFile { retiredContents.append(bodyFile) }
            // Found again after a restart, it has been dropped before.
            if states.remaining == 0 { return }
            pendingEvents.append(JournalEvent(.done, location: location))
            arrivals.duplicates.append(FinishedMessage(location: location, queueID: envelope.queueID))
            return
        }
        if states.isFinal(at: now) {
            if let bodyFile = record.content.bodyFile { retiredContents.append(bodyFile) }
            if recordedUnread.remove(RecordKey(location)) != nil {
                arrivals.finished.append(FinishedMessage(location: location, queueID: envelope.queueID))
            }
            return
        }
        if segment.isUndecided && states.remaining > 0 {
            pendingEvents.append(JournalEvent(.held, location: location))
            states.apply(.held, to: JournalEvent.wholeMessage)
        }
        admit(envelope, record, at: location, states, in: segment, putBack: putBack, into: &arrivals)
    }

    private func admit(
        _ envelope: Envelope, _ record: FoundRecord, at location: RecordLocation, _ states: RecipientStates,
        in segment: SegmentState, putBack: Bool, into arrivals: inout Arrivals
    ) {
        let entry = Entry(
            location: location, queueID: envelope.queueID, sender: envelope.sender, arrival: envelope.arrival,
            size: envelope.size, bodyFile: record.content.bodyFile, takenAt: time.wall, states: states, placement: .inHand,
            isIndexed: false)
        let isLarge = record.envelope.count > limits.envelopeSlice
        if !isLarge { entry.recipients = envelope.recipients }
        live[RecordKey(location)] = entry
        segment.unindexed.append(record.offset)
        segment.unindexedLive += 1
        if states.remaining == 0 || states.isAllHeld {
            self.putBack(entry, until: nil)
        } else if holdIfCrashing(entry) {
            return
        } else if let until = envelope.holdUntil, until > now {
            self.putBack(entry, until: until)
        } else if putBack {
            self.putBack(entry, until: now)
        } else {
            let message = message(
                entry, envelope, content: record.content, committed: record.committed, from: 0,
                limit: isLarge ? limits.sliceRecipients : .max)
            entry.message = message
            arrivals.messages.append(message)
        }
    }

    /// nil when the envelope cannot be used: then the record is in quarantine, or kept for a version that knows it.
    private func understood(
        _ record: FoundRecord, at location: RecordLocation, _ segment: SegmentState, _ arrivals: inout Arrivals
    ) -> Envelope? {
        let name = "segment \(SpoolDirectory.name(location.segment)), offset \(location.offset)"
        do {
            switch try EnvelopeCoding.decode(record.envelope) {
            case .envelope(let envelope): return envelope
            case .notUnderstood(let tag):
                arrivals.problems.append("\(name): field \(tag) of the envelope is of a later version: kept, not delivered")
                segment.keep(from: record.offset)
            }
        } catch {
            setAside(location, reason: "its envelope makes no sense: \(error)", &arrivals)
        }
        return nil
    }

    /// Whether the index has it: then it was taken up by an earlier process.
    private func hasRows(_ key: RecordKey) -> Bool {
        if live[key] != nil { return true }
        do {
            return try index.read { reader throws(IndexError) in try reader.message(key) != nil }
        } catch {
            return false
        }
    }

    /// Replaces messages by what is true now: parents may have been completed by children that were read after them.
    func refresh(_ arrivals: inout Arrivals) {
        let messages = arrivals.messages
        arrivals.messages = []
        arrivals.messages.reserveCapacity(messages.count)
        for message in messages {
            guard let entry = live[RecordKey(message.location)], entry.placement == .inHand else { continue }
            if entry.message == nil { entry.message = message.keeping(entry.states) }
            if let message = entry.message { arrivals.messages.append(message) }
        }
    }
}

extension StoredMessage {
    /// The same without the recipients that are out of the queue by now.
    func keeping(_ states: RecipientStates) -> StoredMessage {
        StoredMessage(
            location: location, envelope: envelope,
            recipients: recipients.compactMap { recipient in
                guard states.isInHand(recipient.ordinal) else { return nil }
                var recipient = recipient
                recipient.delayWarned = states.flags(of: recipient.ordinal).contains(.delayWarned)
                return recipient
            },
            hasMoreRecipients: hasMoreRecipients, recipientCount: recipientCount, content: content, committed: committed,
            isExpired: isExpired, isRequeued: isRequeued)
    }
}
