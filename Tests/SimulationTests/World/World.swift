import Mail
import Platform
import SimulatedPlatform
import Spool

/// One machine in a simulation: its disk, its clock, and what has been promised to clients.
///
/// Everything follows from the seed. Programs are actors over the real logic (`Actors/`), each with a process's view of the disk, so
/// that it can be killed alone; a power cut ends them all.
final class World {
    let seed: UInt64
    let disk: SimulatedDisk
    let time = SimulatedTime()
    let entropy: SeededEntropy
    let directory = SpoolDirectory(path: "/spool")
    var promises = Promises()
    /// For the choices of the scenario.
    var chance: SeededGenerator
    private var messages = 0

    init(seed: UInt64, faults: DiskFaults = DiskFaults(), capacity: UInt64 = .max) throws {
        self.seed = seed
        disk = SimulatedDisk(seed: seed &+ 1, capacity: capacity)
        entropy = SeededEntropy(seed: seed &+ 2)
        chance = SeededGenerator(seed: seed &+ 3)
        try directory.prepare(disk.process())
        // Operations and syncs of the scenario count from here, so `faults` do too.
        disk.faults = faults.shifted(operations: disk.operations, syncs: disk.syncs, writes: disk.writes)
    }

    /// A message like no other.
    func message(bodyLength: Int, recipients: Int = 1) -> TestMessage {
        messages += 1
        time.advance(microseconds: 1000)
        return TestMessage(number: messages, bodyLength: bodyLength, recipients: recipients, arrival: time.wall)
    }
}

extension DiskFaults {
    func shifted(operations: Int, syncs: Int, writes: Int) -> DiskFaults {
        var faults = self
        faults.powerCutAfter = powerCutAfter.map { $0 + operations }
        faults.failingSyncs = Set(failingSyncs.map { $0 + syncs })
        faults.forgottenSyncs = Set(forgottenSyncs.map { $0 + syncs })
        faults.failingWrites = Set(failingWrites.map { $0 + writes })
        return faults
    }
}

/// A message whose every byte follows from its number.
struct TestMessage: Equatable {
    var envelope: Envelope
    var headerBlock: [UInt8]
    var body: [UInt8]

    init(number: Int, bodyLength: Int, recipients: Int, arrival: Int64) {
        envelope = Envelope(
            queueID: QueueID(microseconds: arrival, unique: UInt64(number)),
            sender: .address(EmailAddress(localPart: "sender\(number)", domain: "example.test")),
            recipients: (0..<recipients).map { EnvelopeRecipient(EmailAddress(localPart: "r\($0)", domain: "remote.test")) },
            arrival: arrival)
        headerBlock = Array("Subject: message \(number)\r\n\r\n".utf8)
        // Lines that tell where they belong; cheap to make, for there are many.
        let line = Array("line of message \(number) 0123456789 0123456789 0123456789\r\n".utf8)
        body = []
        body.reserveCapacity(bodyLength + line.count)
        while body.count < bodyLength { body += line }
        body.removeLast(body.count - bodyLength)
        envelope.size = UInt64(headerBlock.count + body.count)
    }

    var content: [UInt8] { headerBlock + body }
}
