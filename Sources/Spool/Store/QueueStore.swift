import Mail
import Platform
package import Wire

/// The queue as qmgr sees it: segments that cleanup wrote, the journal of what became of them, and the index.
///
/// Synchronous and blocking; used from ONE thread, which need not be the same for ever. A message is either *in hand* (qmgr
/// has it in memory) or *put back* (in the index, with a due time). Mail that is delivered at once is in hand from
/// ``take(_:)`` to its last event and never meets the index.
///
/// qmgr's duties: ``open(directory:fileSystem:index:time:entropy:limits:)``, ``recoverTails(limit:)`` before anything is
/// dispatched and again at idle seconds and when a cleanup goes away, ``tick()`` at least every 100 ms under load and every
/// second otherwise, ``maintain()`` every few seconds.
/// *Failure:* throws ``StoreError``; what was written before stays true.
package final class QueueStore {
    package struct Limits: Sendable {
        /// Bytes of a journal file.
        package var journalFile: UInt64 = 8 << 20
        /// An envelope over this many bytes is read in slices of ``sliceRecipients``.
        package var envelopeSlice = 64 << 10
        package var sliceRecipients = 1000
        /// A message in hand for longer than this enters the index at the next commit (microseconds).
        package var indexAfter: Int64 = 2_000_000
        /// Unsynced events wait at most this long for ``tick()`` (nanoseconds).
        package var syncInterval: UInt64 = 1_000_000_000
        /// Time between index commits (nanoseconds).
        package var commitInterval: UInt64 = 100_000_000
        /// Freed when the disk is full, so that the journal can be written (bytes).
        package var ballast: UInt64 = 8 << 20
        package init() {}
    }

    let directory: SpoolDirectory
    let fileSystem: any FileSystem
    let index: any QueueIndex
    let time: any TimeSource
    let limits: Limits
    let journal: Journal
    /// Held for as long as the store is open.
    let lock: any File
    var segments: [UInt64: SegmentState] = [:]
    var live: [RecordKey: Entry] = [:]
    /// Entries that are put back and not in the index yet, or that changed since: ``due(before:limit:)`` looks here first.
    var putBackLive: [RecordKey: Entry] = [:]
    /// To be written by the next commit.
    var dirty: [Entry] = []
    /// Finished messages whose rows are still there.
    var finishedRows: Set<RecordKey> = []
    var replay = Replay()
    /// Records that an event came for before they were read.
    var recordedUnread: Set<RecordKey> = []
    /// Children that arrived, segments that ended: to be written with the next events.
    var pendingEvents: [JournalEvent] = []
    /// To be put on hold when they are met, and those that were.
    var crashing: Set<QueueID> = []
    var heldForCrashing: [QueueID] = []
    /// From maildrop/: what a file became, so that it is not taken twice.
    var maildropOrigins: [RecordLocation: RecordLocation] = [:]
    var newMaildropOrigins: [RecordLocation] = []
    /// Removed segments whose rows are still there.
    var goneSegments: [UInt64] = []
    /// Journal files with damage: moved to quarantine/ once everybody they may have named is on hold.
    var damagedJournals: Set<UInt64> = []
    /// The end of a done list may be torn: a fold did not finish, and the journal file that it folded is still there.
    var foldMayBeUnderWay = false
    /// What went wrong out of a caller's sight; ``maintain()`` tells.
    var troubles: [String] = []
    var readers = SegmentReaders()
    var flushes: [Flush] = []
    /// Rows of `due` before this key belong to messages in hand.
    var dueCursor: [UInt8] = []
    var upkeep = Upkeep()
    /// Large contents whose messages are finished.
    var retiredContents: [String] = []
    /// Monotonic nanoseconds: when the oldest unsynced event was written, and the last commit made.
    var unsyncedSince: UInt64?
    var lastCommit: UInt64
    /// Until then no commit is tried, since the last one failed.
    var commitNotBefore: UInt64 = 0
    var largeSweep = LargeContentSweep()

    init(
        directory: SpoolDirectory, fileSystem: any FileSystem, index: any QueueIndex, time: any TimeSource, limits: Limits,
        journal: Journal, lock: any File
    ) {
        self.directory = directory
        self.fileSystem = fileSystem
        self.index = index
        self.time = time
        self.limits = limits
        self.journal = journal
        self.lock = lock
        lastCommit = time.monotonic
    }

    /// What to answer to a notice. `lag` counts the messages that are neither finished nor in the index.
    package func acknowledgement(for segment: UInt64) -> ArrivalAcknowledgement {
        let state = segments[segment]
        let lag = segments.values.reduce(0) { $0 + $1.unindexedLive }
        return ArrivalAcknowledgement(
            segment: segment, read: state?.readOffset ?? 0, sealed: state?.isReadToItsEnd ?? false,
            lag: UInt32(clamping: lag))
    }

    /// False while the journal could not take what a delivery would report: start none (pitfalls S17).
    package var canRecord: Bool { journal.hasRoom }

    /// Seconds since 1970.
    var now: Int64 { time.wall / 1_000_000 }

    /// Syncs, commits and gives the lock back.
    package func close() throws(StoreError) {
        defer { release() }
        try commit()
        do { try index.force() } catch { throw .index(error) }
    }

    /// Gives everything back without writing a word, as death does.
    package func release() {
        readers.closeAll()
        journal.close()
        index.close()
        lock.close()
    }
}
