internal import Mail
package import Platform
package import Wire

/// A segment that this process appends to: the only one who does, for as long as it holds the file's lock.
///
/// Blocking; one thread at a time. Each ``append(_:)`` is one write and one sync.
/// *Failure:* a write or sync that fails condemns the segment for good: it ends at its last good offset, no sync is ever tried again
/// (Linux reports a lost write once and then calls the page clean), and nothing of the failed batch counts as stored.
package final class SegmentWriter: @unchecked Sendable {
    package enum State: Equatable, Sendable {
        case open
        /// Full, or the process ends.
        case sealed
        /// A write or sync failed.
        case condemned(SystemError)
    }

    package static let defaultCapacity: UInt64 = 16 << 20

    package let identity: SegmentIdentity
    package let capacity: UInt64
    /// Everything before it is on stable storage.
    package private(set) var synced: UInt64 = SegmentHeader.blockLength
    package private(set) var state = State.open
    private let file: any File
    private let time: any TimeSource
    /// Blocks before this offset were written once. A sync of bytes within them need not change the file system's own records.
    private var initialized: UInt64
    /// The memory of the last batch.
    private var buffer: [UInt8] = []
    /// More than this is not kept between batches.
    private static let keptBuffer = 4 << 20
    /// A small batch that leaves the initialised blocks takes so many zeros along. Measured on ext4: a sync within them takes 0.6 of
    /// the time and of the CPU of one that turns allocated blocks into written ones.
    private static let writtenAhead: UInt64 = 128 << 10
    /// Larger batches are worth a full sync, and would write everything twice.
    private static let smallBatch = 32 << 10

    private init(identity: SegmentIdentity, capacity: UInt64, file: any File, time: any TimeSource) {
        self.identity = identity
        self.capacity = capacity
        self.file = file
        self.time = time
        initialized = SegmentHeader.blockLength
    }

    /// Makes the next segment: O_EXCL on the highest number + 1, locked, allocated in full, header, file and directory synced.
    ///
    /// - Parameter room: bytes of records that it must have room for at least.
    /// *Failure:* throws (ENOSPC: the disk is full, the file is removed again); a number that is lost to another process is skipped.
    package static func create(
        in directory: SpoolDirectory, fileSystem: any FileSystem, time: any TimeSource, entropy: any EntropySource,
        capacity: UInt64 = SegmentWriter.defaultCapacity, room: UInt64 = 0
    ) throws(SystemError) -> SegmentWriter {
        var number = try directory.nextSegmentNumber(fileSystem)
        while true {
            let path = directory.segment(number)
            if let file = try open(path, fileSystem) {
                do {
                    let identity = SegmentIdentity(
                        number: number, nonce: SegmentNonce(high: entropy.next(), low: entropy.next()))
                    let size = max(capacity, SegmentHeader.blockLength + room)
                    try file.allocate(size)
                    let header = SegmentHeader(identity: identity, created: time.wall, capacity: size)
                    try file.write(header.encode(), at: 0)
                    try file.sync()
                    try fileSystem.syncDirectory(directory.segments)
                    return SegmentWriter(identity: identity, capacity: size, file: file, time: time)
                } catch {
                    // No record can be in it. If it cannot be removed, it stays as a file without a valid header or without records.
                    try? fileSystem.unlink(path)
                    file.close()
                    throw error
                }
            }
            number += 1
        }
    }

    /// nil when somebody else was there first.
    private static func open(_ path: String, _ fileSystem: any FileSystem) throws(SystemError) -> (any File)? {
        let file: any File
        do {
            file = try fileSystem.open(path, .createNew(permissions: SpoolDirectory.readablePermissions))
        } catch  where error.code == SystemError.exists {
            return nil
        }
        do {
            // Whoever looks for segments without an owner may have looked at this one just now.
            if try file.tryLock() { return file }
        } catch {
            file.close()
            throw error
        }
        file.close()
        return nil
    }

    /// Bytes of records that still fit.
    package var room: UInt64 { state == .open ? capacity - synced : 0 }

    /// Stores the batch: one contiguous write, one sync. They must fit (``room``).
    package func append(_ records: [NewRecord]) throws(SystemError) -> [ArrivedRecord] {
        precondition(state == .open, "an append to a segment that has ended")
        var memory: [UInt8] = []
        swap(&memory, &buffer)
        var batch = RecordBatch(segment: identity, start: synced, written: time.wall, buffer: consume memory)
        for record in records { batch.append(record) }
        precondition(UInt64(batch.bytes.count) <= room, "a batch that does not fit into its segment")
        let end = synced + UInt64(batch.bytes.count)
        if end > initialized {
            if batch.bytes.count < Self.smallBatch { batch.pad(to: min(capacity, end + Self.writtenAhead)) }
            initialized = synced + UInt64(batch.bytes.count)
        }
        do {
            try file.write(batch.bytes, at: synced)
            try file.sync()
        } catch {
            state = .condemned(error)
            throw error
        }
        synced = end
        let arrived = batch.arrived(committed: time.wall)
        buffer = batch.takeBuffer()
        if buffer.capacity > Self.keptBuffer { buffer = [] }
        return arrived
    }

    /// Nothing more will be appended. The lock is kept until ``close()``.
    package func seal() {
        if state == .open { state = .sealed }
    }

    /// Gives the lock back. For a condemned segment not before qmgr knows where it ends: who takes over an ownerless segment reads
    /// beyond that.
    package func close() {
        seal()
        file.close()
    }
}
