import Mail
import Platform
import SimulatedPlatform
import Spool
import Wire

/// What clients were told, and whether a spool keeps it.
struct Promises {
    private(set) var accepted: [QueueID: TestMessage] = [:]

    /// The client got its 250.
    mutating func accept(_ message: TestMessage) { accepted[message.envelope.queueID] = message }

    /// I1: what was accepted is there, once, byte for byte; and nothing else is called damaged.
    func violations(in spool: RecoveredSpool) -> [String] {
        var violations = spool.problems
        for (id, message) in accepted {
            let found = spool.messages.filter { $0.envelope.queueID == id }
            if found.count != 1 {
                violations.append("I1: \(id) was accepted and is there \(found.count) times")
            } else if found[0].content != message.content || found[0].envelope != message.envelope {
                violations.append("I1: \(id) was accepted and is there with other bytes")
            }
        }
        return violations
    }
}

/// What the next qmgr reads from the segments alone.
struct RecoveredSpool {
    var messages: [(location: RecordLocation, envelope: Envelope, content: [UInt8])] = []
    var problems: [String] = []

    init(_ world: World) throws {
        let process = world.disk.process()
        defer { process.kill() }
        let contents = ContentReader(queueDirectory: world.directory.path, fileSystem: process)
        for number in try world.directory.segmentNumbers(process) {
            let reader: SegmentReader
            do {
                reader = try SegmentReader(number, in: world.directory, fileSystem: process)
            } catch SegmentError.damagedHeader {
                // The machine stopped while it was being made. If anything had been accepted in it, that is missed below.
                continue
            }
            defer { reader.close() }
            guard let tail = try reader.takeOver(from: SegmentHeader.blockLength) else {
                problems.append("segment \(number) has an owner though all are dead")
                continue
            }
            for damage in tail.damaged { problems.append("segment \(number), \(damage.range): \(damage.reason)") }
            for record in tail.records { try read(record, contents) }
        }
    }

    private mutating func read(_ record: StoredRecord, _ contents: ContentReader) throws {
        guard case .envelope(let envelope) = try EnvelopeCoding.decode(record.envelope) else {
            return problems.append("an envelope that is not understood")
        }
        do {
            var stream = try contents.open(record.content)
            var bytes: [UInt8] = []
            while let part = try stream.next() { bytes += part }
            messages.append((record.location, envelope, bytes))
        } catch {
            problems.append("\(envelope.queueID): \(error)")
        }
    }
}
