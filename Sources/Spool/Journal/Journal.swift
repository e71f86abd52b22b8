import Mail
import Platform

/// The files to which qmgr appends what becomes of recipients. Always begins a new file: those of earlier processes are read,
/// folded into done lists and removed, never appended to.
///
/// Files are allocated in full, one ahead (`spare`), so that a full disk is met while the present one still has room.
/// *Failure:* a failed write or sync condemns the file, for Linux reports a lost write once and then calls the page clean; what
/// was not yet synced is written again into the next file. When there is none, throws ``StoreError/journalFull``.
final class Journal {
    /// Room that must be left for the reports of deliveries in hand.
    static let reserve: UInt64 = 512 << 10
    /// Keeps a frame below ``EventFrame/maximumLength``.
    static let eventsPerFrame = 500

    private struct OpenFile {
        var file: any File
        var number: UInt64
        var nonce: SegmentNonce
        var offset = UInt64(EventFileHeader.length)
    }

    private let directory: SpoolDirectory
    private let fileSystem: any FileSystem
    private let entropy: any EntropySource
    private let fileLength: UInt64
    let ballast: Ballast
    private var current: OpenFile?
    private var spare: OpenFile?
    private var nextNumber: UInt64
    /// Events behind `synced`, for the case that their file fails.
    private var unsynced: [[JournalEvent]] = []
    /// Everything before this place survives a power cut.
    private(set) var synced: JournalPosition
    /// Files that will not grow and have not been folded, oldest first.
    private(set) var full: [UInt64]
    /// Up to where those are known to have been synced: what is unreadable behind it is a torn end.
    private(set) var ends: [UInt64: UInt64]

    /// - Parameter full: the files that are there; the first new one gets the next number.
    init(
        directory: SpoolDirectory, fileSystem: any FileSystem, entropy: any EntropySource, fileLength: UInt64, ballast: Ballast,
        nextNumber: UInt64, full: [UInt64] = [], ends: [UInt64: UInt64] = [:]
    ) {
        self.directory = directory
        self.fileSystem = fileSystem
        self.entropy = entropy
        self.fileLength = fileLength
        self.ballast = ballast
        self.nextNumber = nextNumber
        self.full = full
        self.ends = ends
        synced = JournalPosition(file: nextNumber, offset: 0)
    }

    /// Where the next frame goes.
    var position: JournalPosition {
        JournalPosition(file: current?.number ?? nextNumber, offset: current?.offset ?? 0)
    }

    var hasUnsynced: Bool { !unsynced.isEmpty }

    /// Whether the reports of a delivery that starts now can certainly be written.
    var hasRoom: Bool {
        guard let current else { return spare != nil }
        return spare != nil || current.offset + Self.reserve <= fileLength
    }

    /// One write. The events are safe from the death of this process when it returns.
    func append(_ events: [JournalEvent]) throws(StoreError) {
        var rest = events[...]
        while !rest.isEmpty {
            let batch = Array(rest.prefix(Self.eventsPerFrame))
            try append(batch: batch)
            rest = rest.dropFirst(batch.count)
        }
    }

    private func append(batch: [JournalEvent]) throws(StoreError) {
        if let open = current {
            let bytes = EventFrame.encode(batch, at: open.offset, nonce: open.nonce, position: synced)
            if open.offset + UInt64(bytes.count) <= fileLength {
                do {
                    try open.file.write(bytes, at: open.offset)
                    current?.offset += UInt64(bytes.count)
                    unsynced.append(batch)
                    return
                } catch {
                    condemn()
                }
            } else {
                do { try sync(open) } catch { condemn() }
            }
        }
        try beginNextFile()
        try write(batch)
        unsynced.append(batch)
    }

    /// Into a file that has just begun.
    private func write(_ batch: [JournalEvent]) throws(StoreError) {
        guard let open = current else { throw .journalFull }
        let bytes = EventFrame.encode(batch, at: open.offset, nonce: open.nonce, position: synced)
        do {
            try open.file.write(bytes, at: open.offset)
        } catch {
            condemn()
            throw .system(error)
        }
        current?.offset += UInt64(bytes.count)
    }

    /// Everything appended so far survives a power cut when this returns.
    func sync() throws(StoreError) {
        guard hasUnsynced else { return }
        if let open = current {
            do { return try sync(open) } catch { condemn() }
        }
        try beginNextFile()
        guard let open = current else { throw .journalFull }
        do {
            try sync(open)
        } catch {
            condemn()
            throw .system(error)
        }
    }

    private func sync(_ open: OpenFile) throws(SystemError) {
        guard hasUnsynced else { return }
        try open.file.sync()
        synced = JournalPosition(file: open.number, offset: open.offset)
        unsynced = []
    }

    /// Writes, without syncing it, that everything before is synced: a later reader then knows damage from a torn end.
    func noteSynced() {
        guard !hasUnsynced, let open = current, synced == position, open.offset > UInt64(EventFileHeader.length) else { return }
        let bytes = EventFrame.encode([], at: open.offset, nonce: open.nonce, position: synced)
        guard open.offset + UInt64(bytes.count) <= fileLength else { return }
        do {
            try open.file.write(bytes, at: open.offset)
            current?.offset += UInt64(bytes.count)
        } catch {
            condemn()
        }
    }

    private func condemn() {
        guard let open = current else { return }
        finish(open)
    }

    private func finish(_ open: OpenFile) {
        open.file.close()
        full.append(open.number)
        if synced.file == open.number { ends[open.number] = synced.offset }
        current = nil
    }

    /// Renames the spare into place and writes into it what no earlier file has on stable storage.
    private func beginNextFile() throws(StoreError) {
        if let open = current { finish(open) }
        if spare == nil { try prepareSpare() }
        guard let next = spare else { throw .journalFull }
        do {
            try fileSystem.rename(next.file.path, to: directory.journal(next.number))
        } catch {
            throw .system(error)
        }
        spare = nil
        do {
            try fileSystem.syncDirectory(directory.journal)
        } catch {
            next.file.close()
            full.append(next.number)
            throw .system(error)
        }
        current = next
        for batch in unsynced { try write(batch) }
    }

    /// Begins the first file of this process, durable before anything relies on it.
    func start() throws(StoreError) { try beginNextFile() }

    /// Allocates the file after the present one. On a full disk the ballast goes first.
    func prepareSpare() throws(StoreError) {
        guard spare == nil else { return }
        do {
            do {
                spare = try makeSpare()
            } catch let error where error.isDiskFull && ballast.release() {
                spare = try makeSpare()
            }
        } catch {
            if error.isDiskFull { throw .journalFull }
            throw .system(error)
        }
        nextNumber += 1
    }

    private func makeSpare() throws(SystemError) -> OpenFile {
        let path = directory.journal + "/spare"
        do {
            try fileSystem.unlink(path)
        } catch {
            guard error.isMissing else { throw error }
        }
        let file = try fileSystem.open(path, .createNew(permissions: 0o600))
        let header = EventFileHeader(
            kind: .journal, number: nextNumber, nonce: SegmentNonce(high: entropy.next(), low: entropy.next()))
        do {
            try file.allocate(fileLength)
            try file.write(header.bytes, at: 0)
            try file.sync()
        } catch {
            file.close()
            throw error
        }
        return OpenFile(file: file, number: nextNumber, nonce: header.nonce)
    }

    /// Called when the oldest full file has been folded.
    func removeOldestFull() throws(StoreError) {
        guard let number = full.first else { return }
        do throws(SystemError) {
            do throws(SystemError) { try fileSystem.unlink(directory.journal(number)) } catch {
                if !error.isMissing { throw error }
            }
            try fileSystem.syncDirectory(directory.journal)
        } catch {
            throw .system(error)
        }
        full.removeFirst()
        ends[number] = nil
    }

    func close() {
        current?.file.close()
        spare?.file.close()
        current = nil
        spare = nil
    }
}
