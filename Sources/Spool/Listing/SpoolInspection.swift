package import Mail
package import Platform

/// A record and what became of its recipients, as segments, done lists and journal say.
package struct InspectedMessage: Sendable {
    package var location: RecordLocation
    package var envelope: Envelope
    package var content: ContentLocation
    /// By ordinal.
    package var states: [RecipientState]
    /// How those ended whose sender has yet to be told.
    package var statuses: [UInt32: DeliveryStatus]

    package var isInQueue: Bool { states.contains { $0 == .queued || $0 == .held || $0 == .failed } }
}

/// Reads the queue without the index and without writing a byte: for listings while the system is stopped, and for tests that
/// compare the index with what it is derived from.
///
/// Reads every segment twice: children first, since their arrival is what completes their parents.
/// *Failure:* throws when a directory cannot be read; what is damaged is a sentence in ``problems`` and passed over.
package struct SpoolInspection {
    private let directory: SpoolDirectory
    private let fileSystem: any FileSystem
    private var replay = Replay()
    /// What the journal alone says: rows of messages in qmgr's hands lack it.
    private(set) var journalled = Replay()
    private var sealed: [UInt64: UInt64] = [:]
    private var segments: [(number: UInt64, identity: SegmentIdentity)] = []
    /// Segments that are looked at; nil: all.
    private let wanted: Set<UInt64>?
    package private(set) var problems: [String] = []

    package init(
        _ directory: SpoolDirectory, _ fileSystem: any FileSystem, segments wanted: Set<UInt64>? = nil
    ) throws(StoreError) {
        self.directory = directory
        self.fileSystem = fileSystem
        self.wanted = wanted
        try findSegments()
        try readEvents()
        try forEachRecord { inspection, record, envelope in inspection.noteChild(record, envelope) }
    }

    /// Each record in the order of segments, also those that are finished.
    ///
    /// - Parameters:
    ///   - verifyingContent: header blocks and bodies, also those in large/, are read and compared with their checksums.
    ///   - damaged: told of what is neither a record nor finished.
    package mutating func forEach(
        verifyingContent: Bool = false, damaged: (_ segment: UInt64, DamagedRange) -> Void = { _, _ in },
        _ body: (InspectedMessage) -> Void
    ) throws(StoreError) {
        try forEachRecord(verifyingContent: verifyingContent, damaged: damaged) { inspection, record, envelope in
            var states = RecipientStates(count: envelope.recipients.count, onHold: envelope.onHold)
            for event in inspection.replay.entries[RecordKey(record.location)] ?? [] {
                states.apply(event.change, to: event.ordinal)
            }
            body(
                InspectedMessage(
                    location: record.location, envelope: envelope, content: record.content,
                    states: (0..<UInt32(states.count)).map { states[$0] }, statuses: states.statuses))
        }
    }

    private mutating func findSegments() throws(StoreError) {
        let numbers: [UInt64]
        do throws(SystemError) { numbers = try directory.segmentNumbers(fileSystem) } catch { throw .system(error) }
        for number in numbers where wanted?.contains(number) ?? true {
            do throws(SegmentError) {
                let reader = try SegmentReader(number, in: directory, fileSystem: fileSystem)
                segments.append((number, reader.identity))
                reader.close()
            } catch {
                if case .damagedHeader = error, directory.isBlankSegment(number, fileSystem) { continue }
                problems.append(error.description)
            }
        }
    }

    private mutating func readEvents() throws(StoreError) {
        let nonces = Dictionary(uniqueKeysWithValues: segments.map { ($0.number, $0.identity.nonce) })
        let journal = try JournalReader(directory: directory, fileSystem: fileSystem, isReadOnly: true)
            .read(known: nil) { number, nonce in nonces[number] == nonce }
        problems += journal.problems
        replay = journal.replay
        journalled = journal.replay
        for (number, identity) in segments {
            let list = try DoneList.read(
                segment: number, nonce: identity.nonce, directory: directory, fileSystem: fileSystem,
                foldMayBeUnderWay: journal.files.count > 1)
            if let damage = list.damage { problems.append("\(directory.doneList(number)): \(damage)") }
            var folded = Replay()
            folded.add(list.events) { _, nonce in nonce == identity.nonce }
            replay.prepend(folded)
        }
        sealed = replay.sealed
    }

    private mutating func noteChild(_ record: StoredRecord, _ envelope: Envelope) {
        guard let origin = envelope.origin, origin.purpose != .maildrop else { return }
        // A second child is dropped by an event on itself; what it would complete is completed already.
        let events = origin.recipients.map {
            JournalEvent(.child(record.location, origin.purpose), location: origin.parent, ordinal: $0)
        }
        replay.add(events) { number, nonce in segments.contains { $0.number == number && $0.identity.nonce == nonce } }
    }

    private mutating func forEachRecord(
        verifyingContent: Bool = false, damaged: (UInt64, DamagedRange) -> Void = { _, _ in },
        _ body: (inout SpoolInspection, StoredRecord, Envelope) -> Void
    ) throws(StoreError) {
        for (number, _) in segments {
            do throws(SegmentError) {
                let reader = try SegmentReader(number, in: directory, fileSystem: fileSystem)
                defer { reader.close() }
                var scan = reader.scan(to: sealed[number] ?? reader.fileSize, verifyingContent: verifyingContent)
                var lastDamage: DamagedRange?
                while let item = try scan.next() {
                    if let damage = lastDamage, !isFinished(damage, number) { damaged(number, damage) }
                    lastDamage = nil
                    switch item {
                    case .damaged(let damage): lastDamage = damage
                    case .record(let record):
                        guard case .envelope(let envelope)? = try? EnvelopeCoding.decode(record.envelope) else {
                            problems.append(
                                "\(reader.file.path), offset \(record.location.offset): its envelope cannot be used")
                            continue
                        }
                        body(&self, record, envelope)
                    }
                }
                // Behind the last record of a segment that has not ended there are zeros, or what is being written.
                if let damage = lastDamage, sealed[number] != nil || damage.recipientCount != nil, !isFinished(damage, number) {
                    damaged(number, damage)
                }
            } catch {
                problems.append(error.description)
            }
        }
    }

    /// Whether an event says that the bytes at this place are nobody's mail any more.
    private func isFinished(_ damage: DamagedRange, _ segment: UInt64) -> Bool {
        let key = RecordKey(segment: segment, offset: damage.range.lowerBound)
        return replay.entries[key]?.contains { $0.change == .done || $0.change == .quarantined } ?? false
    }
}
