import Mail
import Platform

/// Segments go when the truth says so: done list and journal, read again and compared with the record headers (invariant I2).
/// The index only nominates.
extension QueueStore {
    func removeSegments(_ problems: inout [String]) throws(StoreError) -> [String] {
        guard segments.values.contains(where: { $0.live == 0 && $0.isReadToItsEnd }) else { return [] }
        // Numbers are never used again: the highest on the disk stays, so that the next one is higher.
        findSegments(&problems)
        let highest = segments.keys.max()
        let nominated = segments.values.filter { segment in
            segment.live == 0 && segment.isReadToItsEnd && segment.keptFrom == nil && segment.identity.number != highest
                && !upkeep.reported.contains(segment.identity.number)
        }.sorted { $0.identity.number < $1.identity.number }
        guard !nominated.isEmpty else { return [] }
        try sync()
        let said = try eventsInJournal(of: nominated, &problems)
        guard let said else { return [] }
        var proven: [SegmentState] = []
        for segment in nominated {
            if try isFinished(segment, said[segment.identity.number] ?? Replay(), &problems) {
                proven.append(segment)
            }
        }
        guard !proven.isEmpty else { return [] }
        try commit()
        do throws(IndexError) { try index.force() } catch { throw .index(error) }
        return try remove(proven)
    }

    /// Index forced, then: segment, directory, done list.
    private func remove(_ proven: [SegmentState]) throws(StoreError) -> [String] {
        var retired: [String] = []
        do throws(SystemError) {
            for segment in proven {
                let number = segment.identity.number
                readers.close(number)
                try fileSystem.unlink(directory.segment(number))
                retired.append(SpoolDirectory.relativeSegment(number))
                segments[number] = nil
                goneSegments.append(number)
            }
            try fileSystem.syncDirectory(directory.segments)
            for segment in proven {
                do throws(SystemError) {
                    try fileSystem.unlink(directory.doneList(segment.identity.number))
                } catch {
                    if !error.isMissing { throw error }
                }
            }
        } catch {
            throw .system(error)
        }
        return retired
    }

    /// Every event of these segments that the journal has, nil when it cannot all be read.
    private func eventsInJournal(
        of nominated: [SegmentState], _ problems: inout [String]
    ) throws(StoreError) -> [UInt64: Replay]? {
        let start = nominated.map(\.firstEvent).min() ?? journal.position
        let nonces = Dictionary(uniqueKeysWithValues: nominated.map { ($0.identity.number, $0.identity.nonce) })
        var said: [UInt64: Replay] = [:]
        for number in journal.full + [journal.position.file] where number >= start.file {
            let contents: EventFileContents
            let synced = number == journal.position.file ? journal.position.offset : journal.ends[number] ?? .max
            do throws(SystemError) {
                let file = try fileSystem.open(directory.journal(number), .read)
                defer { file.close() }
                do throws(EventFileContents.Failure) {
                    let from = number == start.file ? start.offset : UInt64(EventFileHeader.length)
                    contents = try EventFileContents.read(file, kind: .journal, from: from, to: synced)
                } catch {
                    problems.append("journal file \(SpoolDirectory.name(number)): \(error): no segment is removed")
                    return nil
                }
            } catch {
                if error.isMissing && damagedJournals.contains(number) { continue }
                throw .system(error)
            }
            if let damage = contents.damage(before: synced), !damagedJournals.contains(number) {
                problems.append("journal file \(SpoolDirectory.name(number)): \(damage): no segment is removed")
                return nil
            }
            for event in contents.frames.lazy.flatMap(\.events) where nonces[event.location.segment] == event.location.nonce {
                said[event.location.segment, default: Replay()].add([event]) { _, _ in true }
            }
        }
        return said
    }

    /// Bytes that hold most records' header and envelope.
    private static let envelopeReadAhead = 1 << 10

    /// Compares every record of the segment with what was said about it.
    private func isFinished(
        _ segment: SegmentState, _ journalled: Replay, _ problems: inout [String]
    ) throws(StoreError) -> Bool {
        let number = segment.identity.number
        guard let end = segment.sealedEnd else { return false }
        let list = try DoneList.read(
            segment: number, nonce: segment.identity.nonce, directory: directory, fileSystem: fileSystem,
            foldMayBeUnderWay: foldMayBeUnderWay)
        if let damage = list.damage {
            upkeep.reported.insert(number)
            problems.append("\(directory.doneList(number)): \(damage): the segment is kept")
            return false
        }
        var said = journalled
        var folded = Replay()
        folded.add(list.events) { _, nonce in nonce == segment.identity.nonce }
        said.prepend(folded)
        do throws(SegmentError) {
            let reader = try SegmentReader(number, in: directory, fileSystem: fileSystem)
            defer { reader.close() }
            // Headers and envelopes only: the bodies between them need not come from the disk.
            reader.readAhead = Self.envelopeReadAhead
            var scan = reader.scan(to: end)
            while let item = try scan.next() {
                guard let undone = undone(item, &said) else { continue }
                // The index was wrong about it: it will be found again when that is rebuilt.
                upkeep.reported.insert(number)
                problems.append("segment \(SpoolDirectory.name(number)) is kept: \(undone)")
                noteIndexTrouble(.damaged("it holds segment \(SpoolDirectory.name(number)) for finished"))
                return false
            }
        } catch {
            problems.append("segment \(SpoolDirectory.name(number)) is kept: \(error)")
            return false
        }
        return true
    }

    /// What is not finished about an item; nil when nothing is.
    private func undone(_ item: ScannedItem, _ said: inout Replay) -> String? {
        switch item {
        case .record(let record):
            var states = RecipientStates(count: Int(record.recipientCount))
            for event in said.take(RecordKey(record.location)) { states.apply(event.change, to: event.ordinal) }
            if states.isFinal(at: now) { return nil }
            return "\(states.remaining) recipients of the record at \(record.location.offset) are not finished"
        case .damaged(let damage):
            let key = said.entries.keys.first { $0.offset == damage.range.lowerBound }
            let events = key.map { said.take($0) } ?? []
            if events.contains(where: { $0.change == .quarantined || $0.change == .done }) { return nil }
            return "bytes \(damage.range.lowerBound) to \(damage.range.upperBound): \(damage.reason)"
        }
    }
}
