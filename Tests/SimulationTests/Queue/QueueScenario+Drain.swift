import Mail
import SimulatedPlatform

@testable import Spool

extension QueueScenario {
    /// After recovery: delivers everything, releases what is held, tells every sender; then the spool must be empty.
    func drain() throws {
        guard let store else { return }
        for _ in 0..<20 {
            var inspection = try SpoolInspection(directory, disk.process())
            var events: [JournalEvent] = []
            try inspection.forEach { message in
                for (ordinal, state) in message.states.enumerated() where state != .done {
                    if state == .held {
                        events.append(JournalEvent(.released, location: message.location, ordinal: UInt32(ordinal)))
                    }
                    events.append(JournalEvent(.done, location: message.location, ordinal: UInt32(ordinal)))
                }
            }
            if events.isEmpty { break }
            try record(events, store)
        }
        // A last segment, so that no other has the highest number.
        let last = try SegmentWriter.create(
            in: directory, fileSystem: cleanup, time: time, entropy: entropy, capacity: 8192)
        try receive(store.recoverTails())
        for _ in 0..<3 {
            problems += try store.maintain().problems
            time.advance(microseconds: 100_000_000)
        }
        try store.commit(isComplete: true)
        let names = try disk.process().list(directory.segments)
        if names != ["\(SpoolDirectory.name(last.identity.number)).seg"] {
            problems.append("finished segments are left: \(names.sorted())")
        }
        for table in [IndexTable.messages, .recipients, .due, .sites, .domains, .queueIDs] {
            if let rows = index.rows[table], !rows.isEmpty { problems.append("\(rows.count) rows are left in \(table)") }
        }
        last.close()
    }

    /// Invariant I3: the index equals the replay.
    func compareIndex() throws {
        guard let store else { return }
        try store.commit(isComplete: true)
        var truth: [String: RecipientState] = [:]
        var inspection = try SpoolInspection(directory, disk.process())
        try inspection.forEach { message in
            for (ordinal, state) in message.states.enumerated() where ![.done, .deleted, .quarantined].contains(state) {
                truth["\(message.location.segment)/\(message.location.offset)#\(ordinal)"] = state
            }
        }
        var rows: [String: RecipientState] = [:]
        for (bytes, value) in index.rows[.messages] ?? [:] {
            guard let key = IndexKeys.record(in: bytes) else { continue }
            let recipients = try index.read { reader throws(IndexError) in try reader.recipients(of: key) }
            let entry = Entry(try MessageRow.decode(value), recipients: recipients, at: key, takenAt: 0)
            for ordinal in 0..<UInt32(entry.states.count) where entry.states[ordinal] != .done {
                rows["\(key.segment)/\(key.offset)#\(ordinal)"] = entry.states[ordinal]
            }
        }
        if rows != truth { problems.append("the index has \(rows), the spool \(truth)") }
    }
}
