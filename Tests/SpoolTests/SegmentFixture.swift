import Mail
import Platform
import SimulatedPlatform
import Spool
import Testing
import Wire

/// A spool on a simulated disk, and messages to put into it.
final class SegmentFixture {
    let disk: SimulatedDisk
    let fileSystem: SimulatedFileSystem
    let directory = SpoolDirectory(path: "/spool")
    let time = SimulatedTime()
    let entropy: SeededEntropy

    init(seed: UInt64 = 1, capacity: UInt64 = .max) throws {
        disk = SimulatedDisk(seed: seed, capacity: capacity)
        fileSystem = disk.process()
        entropy = SeededEntropy(seed: seed)
        try directory.prepare(fileSystem)
    }

    func writer(capacity: UInt64 = 1 << 16, room: UInt64 = 0) throws -> SegmentWriter {
        try SegmentWriter.create(
            in: directory, fileSystem: fileSystem, time: time, entropy: entropy, capacity: capacity, room: room)
    }

    func reader(_ number: UInt64, as process: SimulatedFileSystem? = nil) throws -> SegmentReader {
        try SegmentReader(number, in: directory, fileSystem: process ?? disk.process())
    }

    static func envelope(_ number: Int, recipients: Int = 1) -> Envelope {
        Envelope(
            queueID: QueueID(microseconds: 1_700_000_000_000_000, unique: UInt64(number)),
            sender: .address(EmailAddress(localPart: "sender\(number)", domain: "example.test")),
            recipients: (0..<recipients).map { EnvelopeRecipient(EmailAddress(localPart: "r\($0)", domain: "remote.test")) },
            arrival: 1_700_000_000_000_000)
    }

    static func record(_ number: Int, body: String = "body\r\n", recipients: Int = 1) -> NewRecord {
        NewRecord(
            envelope: envelope(number, recipients: recipients), headerBlock: Array("Subject: \(number)\r\n\r\n".utf8),
            body: .inline(Array(body.utf8)), hasDotLines: false)
    }
}

extension SegmentReader {
    func items(from start: UInt64 = SegmentHeader.blockLength, to end: UInt64, verifyingContent: Bool = false) throws
        -> [ScannedItem]
    {
        var scan = scan(from: start, to: end, verifyingContent: verifyingContent)
        var items: [ScannedItem] = []
        while let item = try scan.next() { items.append(item) }
        return items
    }
}

extension ScannedItem {
    var record: StoredRecord? {
        if case .record(let record) = self { record } else { nil }
    }
    var damage: DamagedRange? {
        if case .damaged(let damage) = self { damage } else { nil }
    }
}
