package import Mail
import Platform

/// Records that cannot be believed: a copy with the reason in quarantine/, then the event. Never deleted silently.
extension QueueStore {
    /// The record's content does not verify (an agent said so): copies it to quarantine/, syncs, and takes it out of the
    /// queue. When the copy cannot be written the record stays and this throws.
    package func quarantine(_ location: RecordLocation, reason: String) throws(StoreError) -> [FinishedMessage] {
        do throws(SystemError) {
            try copy(location, reason: reason)
        } catch {
            throw .system(error)
        }
        return try record([JournalEvent(.quarantined, location: location)])
    }

    /// The same for a record that this process cannot read itself.
    func setAside(_ location: RecordLocation, reason: String, _ arrivals: inout Arrivals) {
        let name = "segment \(SpoolDirectory.name(location.segment)), offset \(location.offset)"
        do throws(SystemError) {
            try copy(location, reason: reason)
        } catch {
            arrivals.problems.append("\(name): \(reason); it stays, for it cannot be copied to quarantine: \(error)")
            segments[location.segment]?.keep(from: location.offset)
            if let entry = live[RecordKey(location)] { putBack(entry, until: now + 3600) }
            return
        }
        arrivals.problems.append("\(name): \(reason); a copy is in quarantine")
        pendingEvents.append(JournalEvent(.quarantined, location: location))
        guard let entry = live[RecordKey(location)] else { return }
        if entry.apply(.quarantined, to: JournalEvent.wholeMessage), let finished = afterChange(entry) {
            arrivals.finished.append(finished)
        }
    }

    /// Bytes of a segment that are no record any more. Those that were copied before are passed over.
    func setAside(_ damage: DamagedRange, of segment: SegmentState, _ arrivals: inout Arrivals) {
        let location = RecordLocation(
            segment: segment.identity.number, nonce: segment.identity.nonce, offset: damage.range.lowerBound)
        let known = replay.take(RecordKey(location))
        if known.contains(where: { $0.change == .quarantined || $0.change == .done }) { return }
        let name =
            "segment \(SpoolDirectory.name(location.segment)), bytes \(damage.range.lowerBound) to \(damage.range.upperBound)"
        do throws(SystemError) {
            try copy(damage.range, of: location, reason: damage.reason)
        } catch {
            arrivals.problems.append("\(name): \(damage.reason); they stay, for they cannot be copied to quarantine: \(error)")
            segment.keep(from: damage.range.lowerBound)
            return
        }
        arrivals.problems.append("\(name): \(damage.reason); a copy is in quarantine")
        pendingEvents.append(JournalEvent(.quarantined, location: location))
    }

    /// The record at a location, or from there to the next one that verifies.
    private func copy(_ location: RecordLocation, reason: String) throws(SystemError) {
        var end = segments[location.segment]?.readOffset ?? 0
        do throws(SegmentError) {
            let reader = try readers.reader(location.segment, in: directory, fileSystem: fileSystem)
            if end <= location.offset { end = reader.fileSize }
            if let (_, recordEnd) = try reader.recordHeader(at: location.offset, limit: end) {
                end = recordEnd
            } else if let next = try reader.search(from: location.offset + RecordHeader.alignment, to: end) {
                end = next
            }
        } catch {
            if case .system(let error) = error { throw error }
        }
        try copy(location.offset..<max(end, location.offset), of: location, reason: reason)
    }

    private func copy(_ range: Range<UInt64>, of location: RecordLocation, reason: String) throws(SystemError) {
        let segment = try fileSystem.open(directory.segment(location.segment), .read)
        defer { segment.close() }
        let path = "\(directory.quarantine)/\(SpoolDirectory.name(location.segment))-\(location.offset)"
        let copy = try fileSystem.open(path + ".record", .createOrOpen(permissions: 0o600))
        defer { copy.close() }
        var position = range.lowerBound
        while position < range.upperBound {
            let part = try segment.read(Int(min(range.upperBound - position, 4 << 20)), at: position)
            if part.isEmpty { break }
            try copy.write(part, at: position - range.lowerBound)
            position += UInt64(part.count)
        }
        try copy.sync()
        let text = try fileSystem.open(path + ".reason", .createOrOpen(permissions: 0o600))
        defer { text.close() }
        try text.write(Array((reason + "\n").utf8), at: 0)
        try text.sync()
        try fileSystem.syncDirectory(directory.quarantine)
    }
}
