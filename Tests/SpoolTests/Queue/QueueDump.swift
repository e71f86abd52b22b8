import Mail
import SimulatedPlatform

@testable import Spool

/// The queue as text, for comparing: "1/4096#0" → "queued". Recipients that are done or deleted are left out.
enum QueueDump {
    /// As the index has it.
    static func rows(_ index: MemoryIndex) throws -> [String: String] {
        var dump: [String: String] = [:]
        for (key, value) in index.rows[.messages] ?? [:] {
            guard let record = IndexKeys.record(in: key) else { continue }
            let row = try MessageRow.decode(value)
            let rows = try index.read { reader throws(IndexError) in try reader.recipients(of: record) }
            let entry = Entry(row, recipients: rows, at: record, takenAt: 0)
            for ordinal in 0..<UInt32(entry.states.count) { note(entry.states[ordinal], record, ordinal, &dump) }
        }
        return dump
    }

    /// As segments, done lists and journal have it.
    static func truth(_ fixture: QueueFixture) throws -> [String: String] {
        try truth(fixture.directory, fixture.disk)
    }

    static func truth(_ directory: SpoolDirectory, _ disk: SimulatedDisk) throws -> [String: String] {
        var dump: [String: String] = [:]
        var inspection = try SpoolInspection(directory, disk.process())
        try inspection.forEach { message in
            for (ordinal, state) in message.states.enumerated() {
                note(state, RecordKey(message.location), UInt32(ordinal), &dump)
            }
        }
        return dump
    }

    private static func note(_ state: RecipientState, _ key: RecordKey, _ ordinal: UInt32, _ dump: inout [String: String]) {
        guard state != .done && state != .deleted && state != .quarantined else { return }
        dump["\(key.segment)/\(key.offset)#\(ordinal)"] = "\(state)"
    }
}
