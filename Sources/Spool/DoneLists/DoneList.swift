import Mail
import Platform

/// What became of one segment's recipients, folded from the journal: `<number>.done` beside the segment.
///
/// A header with the segment's nonce, then frames, each naming the journal file it was folded from. Synced before that journal
/// file goes, so that an unreadable end is damage unless a fold was under way.
struct DoneList {
    /// The last file folded into it, 0 when none.
    private(set) var lastFolded: UInt64 = 0
    private(set) var events: [JournalEvent] = []
    /// Where the next frame goes; nil when there is no list yet.
    private(set) var end: UInt64?
    /// Why not everything in it can be known.
    private(set) var damage: String?
    /// The end was cut off by a fold that did not finish: it must be written anew rather than appended to.
    private(set) var isTorn = false

    /// - Parameter foldMayBeUnderWay: a full journal file still exists.
    static func read(
        segment: UInt64, nonce: SegmentNonce, directory: SpoolDirectory, fileSystem: any FileSystem, foldMayBeUnderWay: Bool
    ) throws(StoreError) -> DoneList {
        var list = DoneList()
        do throws(SystemError) {
            let file = try fileSystem.open(directory.doneList(segment), .read)
            defer { file.close() }
            list.load(file, segment: segment, nonce: nonce, foldMayBeUnderWay: foldMayBeUnderWay)
        } catch {
            guard error.isMissing else { throw .system(error) }
        }
        return list
    }

    private mutating func load(_ file: any File, segment: UInt64, nonce: SegmentNonce, foldMayBeUnderWay: Bool) {
        do {
            let contents = try EventFileContents.read(file, kind: .doneList)
            guard contents.header.number == segment, contents.header.nonce == nonce else {
                // A list of a restored spool's other segment: its events are void, this segment's are not here.
                damage = "it belongs to another segment"
                return
            }
            events = contents.frames.flatMap(\.events)
            lastFolded = contents.frames.last?.position.file ?? 0
            end = contents.end
            if let gap = contents.gaps.first { damage = "bytes \(gap.lowerBound) to \(gap.upperBound) are damaged" }
            if contents.hasTail {
                isTorn = true
                if !foldMayBeUnderWay { damage = "bytes from \(contents.end) on are damaged" }
            }
        } catch {
            isTorn = error == .noHeader
            if !isTorn || !foldMayBeUnderWay { damage = error.description }
        }
    }

    /// Appends what a journal file says about the segment, and syncs. Returns true when the directory must be synced too.
    ///
    /// Does nothing when that file was folded before.
    mutating func fold(
        _ added: [JournalEvent], journalFile: UInt64, segment: UInt64, nonce: SegmentNonce, directory: SpoolDirectory,
        fileSystem: any FileSystem
    ) throws(SystemError) -> Bool {
        guard journalFile > lastFolded else { return false }
        if let end, !isTorn {
            let file = try fileSystem.open(directory.doneList(segment), .readWrite)
            defer { file.close() }
            let bytes = Self.frames(added, from: end, nonce: nonce, journalFile: journalFile)
            try file.write(bytes, at: end)
            try file.sync()
            self.end = end + UInt64(bytes.count)
            lastFolded = journalFile
            return false
        }
        events += added
        lastFolded = journalFile
        try rewrite(segment: segment, nonce: nonce, directory: directory, fileSystem: fileSystem)
        return true
    }

    /// Writes a new list with everything known and puts it in the old one's place; the directory is the caller's to sync.
    mutating func rewrite(
        segment: UInt64, nonce: SegmentNonce, directory: SpoolDirectory, fileSystem: any FileSystem
    ) throws(SystemError) {
        let temporary = directory.doneList(segment) + ".new"
        do { try fileSystem.unlink(temporary) } catch  where error.isMissing {}
        let file = try fileSystem.open(temporary, .createNew(permissions: 0o600))
        defer { file.close() }
        let header = EventFileHeader(kind: .doneList, number: segment, nonce: nonce).bytes
        let bytes = header + Self.frames(events, from: UInt64(header.count), nonce: nonce, journalFile: lastFolded)
        try file.write(bytes, at: 0)
        try file.sync()
        try fileSystem.rename(temporary, to: directory.doneList(segment))
        end = UInt64(bytes.count)
        isTorn = false
        damage = nil
    }

    private static func frames(
        _ events: [JournalEvent], from start: UInt64, nonce: SegmentNonce, journalFile: UInt64
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = events[...]
        repeat {
            let batch = rest.prefix(Journal.eventsPerFrame)
            rest = rest.dropFirst(batch.count)
            bytes += EventFrame.encode(
                batch, at: start + UInt64(bytes.count), nonce: nonce,
                position: JournalPosition(file: journalFile, offset: 0))
        } while !rest.isEmpty
        return bytes
    }
}
