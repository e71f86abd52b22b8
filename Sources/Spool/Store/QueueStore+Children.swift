import Mail

/// Messages that were made out of others: their arrival is what completes the recipients they were made for, so that no
/// hand-over inside the suite can be lost or repeated (invariant I4, pitfalls S7).
extension QueueStore {
    /// Whether another child did this already; if not, notes this one and completes the parent's recipients.
    func isSecondChild(_ origin: MessageOrigin, at child: RecordLocation, _ arrivals: inout Arrivals) -> Bool {
        if origin.purpose == .maildrop { return isSecondOfMaildrop(origin.parent, child) }
        guard let parentSegment = segments[origin.parent.segment], parentSegment.identity.nonce == origin.parent.nonce else {
            // The parent's segment is gone, or another's: when in doubt, the child is mail.
            return false
        }
        readDoneList(of: parentSegment, &arrivals)
        let known = parentSegment.children[origin.parent.offset] ?? []
        let others = known.filter { $0.purpose == origin.purpose && $0.location != child }
        if !origin.recipients.isEmpty, origin.recipients.allSatisfy({ ordinal in others.contains { $0.ordinal == ordinal } }) {
            return true
        }
        let fresh = origin.recipients.filter { ordinal in
            !known.contains { $0.ordinal == ordinal && $0.purpose == origin.purpose && $0.location == child }
        }
        let events = fresh.map {
            JournalEvent(.child(child, origin.purpose), location: origin.parent, ordinal: $0)
        }
        for event in events { noteChild(event, in: parentSegment) }
        pendingEvents += events
        complete(origin, by: child, parentSegment, &arrivals)
        return false
    }

    private func complete(
        _ origin: MessageOrigin, by child: RecordLocation, _ segment: SegmentState, _ arrivals: inout Arrivals
    ) {
        let change = JournalEvent.Change.child(child, origin.purpose)
        let key = RecordKey(origin.parent)
        guard origin.parent.offset < segment.readOffset || live[key] != nil else {
            // At recovery a child may be read before its parent.
            let events = origin.recipients.map { JournalEvent(change, location: origin.parent, ordinal: $0) }
            replay.add(events) { _, _ in true }
            return
        }
        guard let entry = entry(key, nonce: origin.parent.nonce, &arrivals.problems) else { return }
        var changed = false
        for ordinal in origin.recipients where entry.apply(change, to: ordinal) { changed = true }
        guard changed else { return }
        arrivals.completions.append(
            .init(parent: origin.parent, recipients: origin.recipients, purpose: origin.purpose, child: child))
        if let finished = afterChange(entry) { arrivals.finished.append(finished) }
    }

    /// Remembers which child an event named.
    func noteChild(_ event: JournalEvent, in segment: SegmentState) {
        guard case .child(let location, let purpose) = event.change else { return }
        let child = SegmentState.Child(ordinal: event.ordinal, purpose: purpose, location: location)
        if segment.children[event.location.offset]?.contains(child) != true {
            segment.children[event.location.offset, default: []].append(child)
        }
    }

    /// A file in maildrop/ that became a message before pickup could remove it.
    private func isSecondOfMaildrop(_ file: RecordLocation, _ child: RecordLocation) -> Bool {
        if let first = maildropOrigins[file] ?? indexedMaildropOrigin(file) { return first != child }
        maildropOrigins[file] = child
        newMaildropOrigins.append(file)
        return false
    }

    private func indexedMaildropOrigin(_ file: RecordLocation) -> RecordLocation? {
        do {
            return try index.read { reader throws(IndexError) in
                guard let bytes = try reader.value(.origins, OriginRow.key(file)) else { return nil }
                return try OriginRow.decode(bytes).child
            }
        } catch {
            return nil
        }
    }
}

/// `origins`: which message a file of maildrop/ became.
struct OriginRow {
    var child: RecordLocation
    /// Seconds since 1970.
    var arrived: Int64

    static func key(_ file: RecordLocation) -> [UInt8] {
        var writer = ByteWriter(capacity: 32)
        writer.write(file)
        return writer.bytes
    }

    var bytes: [UInt8] {
        var writer = ByteWriter(capacity: 40)
        writer.write(child)
        writer.write(arrived)
        return writer.bytes
    }

    static func decode(_ bytes: [UInt8]) throws(IndexError) -> OriginRow {
        var reader = ByteReader(bytes)
        do {
            return OriginRow(child: try RecordLocation(from: &reader), arrived: try reader.read(Int64.self))
        } catch {
            throw .damaged("a row of origins: \(error)")
        }
    }
}
