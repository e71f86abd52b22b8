package import Mail
import Platform

extension QueueStore {
    /// One message, in hand or put back; nil when it is gone, on hold or has no recipient left. Puts it into qmgr's hands.
    package func load(_ location: RecordLocation) throws(StoreError) -> StoredMessage? {
        var arrivals = Arrivals()
        let message = try load(RecordKey(location), nonce: location.nonce, &arrivals)
        return message
    }

    /// The next recipients of a message in hand whose envelope is read in slices.
    package func moreRecipients(
        of location: RecordLocation, after ordinal: UInt32, limit: Int
    ) throws(StoreError) -> (recipients: [QueuedRecipient], hasMore: Bool) {
        guard let entry = live[RecordKey(location)], entry.location == location else { return ([], false) }
        var arrivals = Arrivals()
        guard let found = try record(of: entry, &arrivals) else { throw .unknownMessage }
        let first = ordinal == .max ? ordinal : ordinal + 1
        let message = message(
            entry, found.envelope, content: found.record.content, committed: found.record.written, from: first, limit: limit)
        return (message.recipients, message.hasMoreRecipients)
    }

    /// - Parameter nonce: nil when the index is asked, which compared it.
    func load(_ key: RecordKey, nonce: SegmentNonce?, _ arrivals: inout Arrivals) throws(StoreError) -> StoredMessage? {
        let entry: Entry
        if let known = live[key] {
            entry = known
        } else {
            do {
                guard let indexed = try indexedEntry(key, nonce: nonce) else { return nil }
                entry = indexed
            } catch {
                noteIndexTrouble(error)
                throw .index(error)
            }
        }
        guard nonce == nil || entry.location.nonce == nonce else { return nil }
        if entry.states.isFinal(at: now) {
            // It was deleted, and the time in which it could be restored is over.
            forget(entry)
            return nil
        }
        guard entry.states.remaining > 0, !entry.states.isAllHeld else { return nil }
        if holdIfCrashing(entry) { return nil }
        if let message = entry.message {
            takeInHand(entry)
            return message
        }
        guard let found = try record(of: entry, &arrivals) else { return nil }
        let isLarge = found.record.envelope.count > limits.envelopeSlice
        let message = message(
            entry, found.envelope, content: found.record.content, committed: found.record.written, from: 0,
            limit: isLarge ? limits.sliceRecipients : .max)
        takeInHand(entry)
        entry.message = message
        return message
    }

    func takeInHand(_ entry: Entry) {
        entry.placement = .inHand
        putBackLive[entry.key] = nil
    }

    /// The entry's record, read from its segment. nil when it was damaged, and is in quarantine now.
    func record(
        of entry: Entry, _ arrivals: inout Arrivals
    ) throws(StoreError) -> (record: StoredRecord, envelope: Envelope)? {
        let record: StoredRecord
        do throws(SegmentError) {
            let reader = try readers.reader(entry.location.segment, in: directory, fileSystem: fileSystem)
            guard reader.identity.nonce == entry.location.nonce else { return nil }
            reader.forgetWindow()
            record = try reader.record(at: entry.location.offset)
        } catch {
            guard case .damagedRecord(_, let damage) = error else { throw .segment(error) }
            setAside(entry.location, reason: damage.reason, &arrivals)
            return nil
        }
        do throws(DecodingFailure) {
            guard case .envelope(let envelope) = try EnvelopeCoding.decode(record.envelope) else { return nil }
            return (record, envelope)
        } catch {
            setAside(entry.location, reason: "its envelope makes no sense: \(error)", &arrivals)
            return nil
        }
    }

    /// What qmgr gets: the recipients from an ordinal on that are to be attempted or reported.
    func message(
        _ entry: Entry, _ envelope: Envelope, content: ContentLocation, committed: Int64, from first: UInt32, limit: Int
    ) -> StoredMessage {
        var recipients: [QueuedRecipient] = []
        recipients.reserveCapacity(min(envelope.recipients.count, limit))
        var hasMore = false
        var isExpired = false
        var ordinal = first
        while Int(ordinal) < envelope.recipients.count {
            defer { ordinal += 1 }
            guard entry.states.isInHand(ordinal) else { continue }
            if recipients.count == limit {
                hasMore = true
                break
            }
            let flags = entry.states.flags(of: ordinal)
            if flags.contains(.expired) { isExpired = true }
            var state = QueuedRecipient.State.queued
            if flags.contains(.unreported), let status = entry.states.statuses[ordinal] { state = .unreported(status) }
            recipients.append(
                QueuedRecipient(
                    ordinal: ordinal, recipient: envelope.recipients[Int(ordinal)], state: state,
                    delayWarned: flags.contains(.delayWarned), deferral: entry.reasons[ordinal]?.status))
        }
        var head = envelope
        head.recipients = []
        return StoredMessage(
            location: entry.location, envelope: head, recipients: recipients, hasMoreRecipients: hasMore,
            recipientCount: UInt32(envelope.recipients.count), content: content, committed: committed, isExpired: isExpired,
            isRequeued: entry.states.isAnyInQueue(.requeued))
    }
}
