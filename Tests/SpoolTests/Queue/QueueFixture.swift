import Mail
import Platform
import SimulatedPlatform
import Spool
import Wire

/// A cleanup's segment and qmgr's store on a simulated disk, each in a process of its own.
final class QueueFixture {
    let disk: SimulatedDisk
    let directory = SpoolDirectory(path: "/spool")
    let time = SimulatedTime()
    let entropy: SeededEntropy
    let index = MemoryIndex()
    let cleanup: SimulatedFileSystem
    private(set) var qmgr: SimulatedFileSystem
    private(set) var store: QueueStore
    private(set) var report: RecoveryReport
    private(set) var writer: SegmentWriter
    var limits: QueueStore.Limits
    private var announced = SegmentHeader.blockLength
    private var count = 0

    init(seed: UInt64 = 1, capacity: UInt64 = .max, segment: UInt64 = 1 << 15, journalFile: UInt64 = 1 << 14) throws {
        disk = SimulatedDisk(seed: seed, capacity: capacity)
        entropy = SeededEntropy(seed: seed)
        limits = QueueStore.Limits()
        limits.journalFile = journalFile
        limits.ballast = 1 << 14
        cleanup = disk.process()
        qmgr = disk.process()
        try directory.prepare(cleanup)
        writer = try SegmentWriter.create(
            in: directory, fileSystem: cleanup, time: time, entropy: entropy, capacity: segment)
        (store, report) = try QueueStore.open(
            directory: directory, fileSystem: qmgr, index: index, time: time, entropy: entropy, limits: limits)
    }

    func record(recipients: Int = 1, origin: MessageOrigin? = nil, onHold: Bool = false) -> NewRecord {
        count += 1
        var envelope = SegmentFixture.envelope(count, recipients: recipients)
        envelope.origin = origin
        envelope.onHold = onHold
        return NewRecord(
            envelope: envelope, headerBlock: Array("Subject: \(count)\r\n\r\n".utf8), body: .inline(Array("body\r\n".utf8)),
            hasDotLines: false)
    }

    /// Stores a batch without a word to qmgr.
    func store(_ records: [NewRecord]) throws -> [ArrivedRecord] { try writer.append(records) }

    func notice(_ records: [ArrivedRecord], from: UInt64? = nil, sealed: Bool = false) -> ArrivalNotice {
        defer { announced = writer.synced }
        return ArrivalNotice(
            segment: writer.identity.number, nonce: writer.identity.nonce, from: from ?? announced, synced: writer.synced,
            sealed: sealed, records: records)
    }

    /// Stores a batch and announces it.
    @discardableResult
    func arrive(_ records: NewRecord...) throws -> Arrivals { try store.take(notice(try store(records))) }

    func arriveOne(recipients: Int = 1, origin: MessageOrigin? = nil) throws -> StoredMessage {
        guard let message = try arrive(record(recipients: recipients, origin: origin)).messages.first else {
            throw FixtureError("nothing arrived")
        }
        return message
    }

    /// cleanup ends this segment, says so, and begins another.
    func nextSegment(capacity: UInt64 = 1 << 15) throws {
        writer.seal()
        _ = try store.take(notice([], sealed: true))
        writer.close()
        writer = try SegmentWriter.create(
            in: directory, fileSystem: cleanup, time: time, entropy: entropy, capacity: capacity)
        announced = SegmentHeader.blockLength
    }

    /// qmgr dies; another takes over. What was written stays in memory.
    func restartQmgr() throws {
        qmgr.kill()
        try reopen()
    }

    /// Everything dies and the power goes.
    func cutPower(_ survival: Survival = .nothing, keepingCommits: Bool = true) throws {
        qmgr.kill()
        cleanup.kill()
        disk.restart(survival)
        index.cutPower(keepingCommits: keepingCommits)
        try reopen()
    }

    func reopen() throws {
        qmgr = disk.process()
        (store, report) = try QueueStore.open(
            directory: directory, fileSystem: qmgr, index: index, time: time, entropy: entropy, limits: limits)
    }

    func pass(seconds: Int64) { time.advance(microseconds: seconds * 1_000_000) }

    /// Seconds since 1970.
    var now: Int64 { time.wall / 1_000_000 }

    func names(_ path: String) throws -> [String] { try disk.process().list(path).sorted() }

    /// What the index says of every recipient that is not done: "1/4096#0" → queued.
    func rows() throws -> [String: String] { try QueueDump.rows(index) }
}

struct FixtureError: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}

extension JournalEvent {
    static func done(_ message: StoredMessage, _ ordinal: UInt32 = 0) -> JournalEvent {
        JournalEvent(.done, location: message.location, ordinal: ordinal)
    }
}

let refused = DeliveryStatus(.bounced, EnhancedStatus(.permanent, 1, 1), "user unknown")
let busy = DeliveryStatus(.deferred, EnhancedStatus(.temporary, 3, 2), "try later")
