import Mail
import SimulatedPlatform
import Spool

/// Compares what is found after recovery with what may and must be found. Each violation is a sentence.
struct QueueInvariants {
    let model: QueueModel
    private(set) var states: [RecordLocation: [RecipientState]] = [:]
    private(set) var violations: [String] = []

    init(_ model: QueueModel, _ directory: SpoolDirectory, _ disk: SimulatedDisk) throws {
        self.model = model
        var inspection = try SpoolInspection(directory, disk.process())
        violations += inspection.problems
        var states: [RecordLocation: [RecipientState]] = [:]
        try inspection.forEach { states[$0.location] = $0.states }
        self.states = states
        for (location, record) in model.records { check(record, at: location) }
        for location in states.keys where model.records[location] == nil { violations.append("\(location) came from nowhere") }
        checkOrigins()
    }

    /// nil when the segment is gone.
    func state(_ location: RecordLocation, _ ordinal: UInt32) -> RecipientState? { states[location]?[Int(ordinal)] }

    private mutating func check(_ record: QueueModel.Record, at location: RecordLocation) {
        guard let found = states[location] else {
            // I1: synced before it was acknowledged. I2: gone only when everybody is certainly done.
            guard record.isAcknowledged else { return }
            for ordinal in 0..<UInt32(record.recipients) where !mayBeGone(location, ordinal) {
                violations.append("\(location)#\(ordinal) is lost with its segment")
            }
            return
        }
        guard found.count == record.recipients else {
            violations.append("\(location) has \(found.count) recipients")
            return
        }
        for (index, state) in found.enumerated() { check(state, record, location, UInt32(index)) }
    }

    private func mayBeGone(_ location: RecordLocation, _ ordinal: UInt32) -> Bool {
        model.isPossiblyDone(location, ordinal)
    }

    private mutating func check(
        _ state: RecipientState, _ record: QueueModel.Record, _ location: RecordLocation, _ ordinal: UInt32
    ) {
        if state == .done {
            if !model.isPossiblyDone(location, ordinal) { violations.append("\(location)#\(ordinal) is done by nobody") }
            return
        }
        if state == .quarantined || state == .deleted {
            violations.append("\(location)#\(ordinal) is \(state), for no reason")
            return
        }
        if model.isCertainlyDone(location, ordinal) { violations.append("\(location)#\(ordinal) was done, and is \(state)") }
        let held = model.possible(location, ordinal, initially: record.isOnHold, set: .held, cleared: .released)
        if !held.contains(state == .held) { violations.append("\(location)#\(ordinal) is \(state), held may be \(held)") }
        guard state != .held else { return }
        let failed = model.possible(
            location, ordinal, initially: false, set: .unreported(QueueScenario.refused), cleared: nil)
        if !failed.contains(state == .failed) {
            violations.append("\(location)#\(ordinal) is \(state), failed may be \(failed)")
        }
    }

    /// I4: who was completed by children has one that lives or was delivered; and there is never more than one.
    private mutating func checkOrigins() {
        var groups: [MessageOrigin: [RecordLocation]] = [:]
        for (location, record) in model.records {
            if let origin = record.origin { groups[origin, default: []].append(location) }
        }
        for (origin, children) in groups {
            let parents = origin.recipients.map { state(origin.parent, $0) }
            let byEvent = origin.recipients.allSatisfy { ordinal in
                model.events.contains { $0.says(.done, origin.parent, ordinal) }
            }
            let alive = children.filter { location in states[location]?.contains { $0 != .done } == true }
            let delivered = children.filter { location in
                model.events.contains { $0.says(.done, location, 0) }
            }
            if parents.allSatisfy({ $0 == .done || $0 == nil }) && !byEvent && alive.isEmpty && delivered.isEmpty {
                violations.append("\(origin.parent) was completed by a child that is nowhere")
            }
            if alive.count > 1 { violations.append("\(origin.parent) has \(alive.count) children of one purpose") }
        }
    }
}
