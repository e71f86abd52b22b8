import Mail
package import Platform

/// Checks everything in the spool against everything: segments, the checksums of records and contents, done lists, journal and index.
///
/// Writes nothing and needs no lock, so it may run beside the system. What is suspicious only because it is changing is looked at
/// again: what is told held in ``looks`` looks.
/// *Failure:* throws when a directory cannot be read; everything else that is wrong is a sentence of ``Report/problems``.
package struct SpoolVerification {
    package struct Report: Sendable {
        package var segments = 0
        package var records = 0
        /// Messages that are not finished.
        package var messages = 0
        package var bytes: UInt64 = 0
        package var problems: [String] = []
        /// What an administrator may want to know and nothing is wrong with.
        package var notes: [String] = []
    }

    /// How often what differs is looked at before it is told.
    private static let looks = 4

    private let directory: SpoolDirectory
    private let fileSystem: any FileSystem
    private let index: any QueueIndex
    /// Called between two looks: gives the system time to write down what it is doing.
    private let pause: () -> Void
    private let progress: (Report) -> Void

    /// - Parameter index: open for reading, or nil when it cannot be opened.
    package init(
        _ directory: SpoolDirectory, _ fileSystem: any FileSystem, index: any QueueIndex, pause: @escaping () -> Void,
        progress: @escaping (Report) -> Void = { _ in }
    ) {
        self.directory = directory
        self.fileSystem = fileSystem
        self.index = index
        self.pause = pause
        self.progress = progress
    }

    /// What a record should look like in the index.
    struct Expected {
        var queueID: QueueID
        /// By ordinal.
        var states: [RecipientState]
    }

    package func run() throws(StoreError) -> Report {
        var report = Report()
        try checkFiles(&report)
        var inspection = try SpoolInspection(directory, fileSystem)
        let expected = try checkRecords(&inspection, &report)
        report.problems += inspection.problems
        let first = try differences(expected, inspection.journalled, in: nil)
        report.problems += first.general
        let remaining = try lookAgain(first.bySuspect)
        report.problems += remaining
        return report
    }

    // MARK: Files

    private func checkFiles(_ report: inout Report) throws(StoreError) {
        do throws(SystemError) {
            for name in try fileSystem.list(directory.segments) {
                let isOurs =
                    SpoolDirectory.number(in: name, extension: ".seg") ?? SpoolDirectory.number(in: name, extension: ".done")
                if isOurs == nil && !name.hasSuffix(".done.new") {
                    report.notes.append("\(directory.segments)/\(name) is no file of the spool")
                }
            }
            report.segments = try directory.segmentNumbers(fileSystem).count
            let kept = try fileSystem.list(directory.quarantine).filter { $0.hasSuffix(".record") }.count
            if kept > 0 { report.notes.append("\(kept) damaged records are in \(directory.quarantine)") }
        } catch {
            throw .system(error)
        }
    }

    // MARK: Records

    /// Everything that is not finished, by its place.
    private func checkRecords(
        _ inspection: inout SpoolInspection, _ report: inout Report
    ) throws(StoreError) -> [RecordKey: Expected] {
        var expected: [RecordKey: Expected] = [:]
        var counting = report
        let contents = ContentReader(queueDirectory: directory.path, fileSystem: fileSystem)
        try inspection.forEach(
            verifyingContent: true,
            damaged: { segment, damage in
                counting.problems.append(
                    "segment \(SpoolDirectory.name(segment)), bytes \(damage.range.lowerBound) to \(damage.range.upperBound): "
                        + damage.reason)
            },
            { message in
                counting.records += 1
                counting.bytes += message.content.size
                if counting.records % 10_000 == 0 { progress(counting) }
                guard message.states.contains(where: { $0 != .done && $0 != .quarantined }) else { return }
                counting.messages += 1
                expected[RecordKey(message.location)] = Expected(queueID: message.envelope.queueID, states: message.states)
                if message.content.bodyFile != nil, let problem = Self.problem(of: message, contents) {
                    counting.problems.append("\(message.envelope.queueID): \(problem)")
                }
            })
        report = counting
        return expected
    }

    /// Bodies in large/ are not in the segment, so the scan has not read them.
    private static func problem(of message: InspectedMessage, _ contents: ContentReader) -> String? {
        do {
            var stream = try contents.open(message.content)
            while try stream.next(maximum: 1 << 20) != nil {}
            return nil
        } catch {
            return "\(error)"
        }
    }

    // MARK: Index

    private func lookAgain(_ suspects: [RecordKey: String]) throws(StoreError) -> [String] {
        var suspects = suspects
        for _ in 1..<Self.looks where !suspects.isEmpty {
            pause()
            let segments = Set(suspects.keys.map(\.segment))
            var inspection = try SpoolInspection(directory, fileSystem, segments: segments)
            var expected: [RecordKey: Expected] = [:]
            let wanted = suspects
            try inspection.forEach { message in
                let key = RecordKey(message.location)
                guard wanted[key] != nil, message.states.contains(where: { $0 != .done && $0 != .quarantined }) else { return }
                expected[key] = Expected(queueID: message.envelope.queueID, states: message.states)
            }
            suspects = try differences(expected, inspection.journalled, in: Set(suspects.keys)).bySuspect.filter {
                wanted[$0.key] != nil
            }
        }
        return suspects.sorted { $0.key < $1.key }.map(\.value)
    }

    private struct Differences {
        /// By the record that they are about.
        var bySuspect: [RecordKey: String] = [:]
        var general: [String] = []
    }

    /// Compares what segments, done lists and journal say with the index.
    /// - Parameter keys: nil: everything.
    private func differences(
        _ expected: [RecordKey: Expected], _ journal: Replay, in keys: Set<RecordKey>?
    ) throws(StoreError) -> Differences {
        var result = Differences()
        do throws(IndexError) {
            var reading: [UInt64: UInt64] = [:]
            try index.read { reader throws(IndexError) in
                try reader.scan(.segments, from: []) { key, value throws(IndexError) in
                    reading[IndexKeys.number(key)] = try SegmentRow.decode(value).readOffset
                    return true
                }
            }
            var start: RecordKey? = RecordKey(segment: 0, offset: 0)
            var met: Set<RecordKey> = []
            while keys == nil, let from = start { start = try comparePage(from: from, expected, journal, &met, &result) }
            if let keys {
                for key in keys {
                    try index.read { reader throws(IndexError) in
                        guard let row = try reader.message(key) else { return }
                        met.insert(key)
                        result.bySuspect[key] = try self.difference(key, row, expected[key], journal, reader)
                    }
                }
            }
            for (key, message) in expected where !met.contains(key) && key.offset < reading[key.segment] ?? 0 {
                guard message.states.contains(where: { $0 != .done && $0 != .quarantined && $0 != .deleted }) else { continue }
                result.bySuspect[key] = "\(message.queueID): the index does not know it"
            }
        } catch {
            result.general.append("index: \(error) (\"martlet queue rebuild\" makes it anew)")
        }
        return result
    }

    /// One transaction's rows; returns where to go on.
    private func comparePage(
        from start: RecordKey, _ expected: [RecordKey: Expected], _ journal: Replay, _ met: inout Set<RecordKey>,
        _ result: inout Differences
    ) throws(IndexError) -> RecordKey? {
        var next: RecordKey?
        var budget = IndexListing.pageLength
        var seen: [RecordKey] = []
        var found: [RecordKey: String] = [:]
        try index.read { reader throws(IndexError) in
            try reader.scan(.messages, from: IndexKeys.message(start)) { bytes, value throws(IndexError) in
                guard let key = IndexKeys.record(in: bytes) else { return true }
                guard budget > 0 else {
                    next = key
                    return false
                }
                budget -= 1
                seen.append(key)
                found[key] = try self.difference(key, MessageRow.decode(value), expected[key], journal, reader)
                return true
            }
        }
        met.formUnion(seen)
        result.bySuspect.merge(found) { $1 }
        return next
    }

    /// nil when the rows, with what the journal says since, are what they should be.
    private func difference(
        _ key: RecordKey, _ row: MessageRow, _ expected: Expected?, _ journal: Replay, _ reader: any IndexReader
    ) throws(IndexError) -> String? {
        let recipients = try reader.recipients(of: key)
        var states = RecipientStates(
            count: expected?.states.count ?? Int(row.recipientCount),
            rows: recipients.map { ($0.ordinal, $0.row.flags, $0.row.status) }, restorableUntil: row.restorableUntil)
        for event in journal.entries[key] ?? [] { states.apply(event.change, to: event.ordinal) }
        guard let expected else {
            if states.remaining == 0 { return nil }
            return "\(row.queueID): the index has it in segment \(SpoolDirectory.name(key.segment)), offset \(key.offset), "
                + "where no unfinished record is"
        }
        guard expected.queueID == row.queueID else { return "\(expected.queueID): the index calls it \(row.queueID)" }
        for (ordinal, state) in expected.states.enumerated() where states[UInt32(ordinal)] != state {
            return "\(row.queueID): recipient \(ordinal) is \(state), for the index it is \(states[UInt32(ordinal)])"
        }
        if try reader.value(.queueIDs, IndexKeys.digest(QueueDigest.of(row.queueID.description), key)) == nil {
            return "\(row.queueID): the index does not find it by its queue ID"
        }
        if let time = row.nextAttempt, try reader.value(.due, IndexKeys.due(time, key)) == nil {
            return "\(row.queueID): the index does not have it among what is due"
        }
        for (_, recipient) in recipients {
            if try reader.value(.domains, IndexKeys.digest(recipient.domain, key)) == nil {
                return "\(row.queueID): the index does not find it by the domain of \(recipient.address)"
            }
            if recipient.site != 0, try reader.value(.sites, IndexKeys.digest(recipient.site, key)) == nil {
                return "\(row.queueID): the index does not find it by the next hop of \(recipient.address)"
            }
        }
        return nil
    }
}
