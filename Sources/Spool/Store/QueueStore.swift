package import Mail
package import Platform
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

    /// Takes the queue's lock, checks or rebuilds the index, replays done lists and journal. No segment is read yet but for a
    /// rebuild, whose messages are all due at once.
    package static func open(
        directory: SpoolDirectory, fileSystem: any FileSystem, index: any QueueIndex, time: any TimeSource,
        entropy: any EntropySource, limits: Limits = Limits()
    ) throws(StoreError) -> (QueueStore, RecoveryReport) {
        preconditionFailure("follows")
    }

    /// Takes up what cleanup says has arrived. Idempotent: what is known already is skipped, a gap is read from the segment.
    ///
    /// A child's arrival completes its parent's recipients (pitfalls S7); a second child of the same origin is dropped.
    package func take(_ notice: ArrivalNotice) throws(StoreError) -> Arrivals { preconditionFailure("follows") }

    /// What to answer to a notice. `lag` counts the messages in hand that are not in the index.
    package func acknowledgement(for segment: UInt64) -> ArrivalAcknowledgement { preconditionFailure("follows") }

    /// Reads the rest of every segment whose owner is dead, under its lock, after a sync, and seals it. Messages beyond
    /// `limit` are put back, due at once.
    package func recoverTails(limit: Int = 10_000) throws(StoreError) -> Arrivals { preconditionFailure("follows") }

    /// Segments whose living owner has not said yet how far they are synced: until each of them is announced, a child may be
    /// on disk that qmgr does not know of.
    package var awaitedSegments: [UInt64] { preconditionFailure("follows") }

    /// Appends events in one write and applies them. They survive the end of this process at once, and a power cut after the
    /// next ``tick()``. Events for messages that are gone are ignored.
    ///
    /// - Returns: the messages that have no recipient left: to be logged as removed, and forgotten.
    package func record(_ events: [JournalEvent]) throws(StoreError) -> [FinishedMessage] { preconditionFailure("follows") }

    /// False while the journal could not take what a delivery would report: start none (pitfalls S17).
    package var canRecord: Bool { preconditionFailure("follows") }

    /// Notes reasons; with a time (seconds since 1970) the whole message is put back until then and leaves qmgr's hands.
    ///
    /// Kept in memory until the next commit; no write happens here. Recipients that are not named keep what they have.
    package func deferRecipients(of location: RecordLocation, _ deferrals: [Deferral], nextAttempt: Int64?) {
        preconditionFailure("follows")
    }

    /// Puts into qmgr's hands what is due (also what ``makeDue(_:)`` selected), oldest due time first.
    package func due(before: Int64, limit: Int) throws(StoreError) -> Arrivals { preconditionFailure("follows") }

    /// When the next message is due, seconds since 1970; nil when none is put back.
    package func nextDue() throws(StoreError) -> Int64? { preconditionFailure("follows") }

    package enum Selection: Equatable, Sendable {
        case all
        /// A next hop or a recipient domain.
        case site(String)
        case message(QueueID)
    }

    /// Makes put-back messages due now (not those on hold); ``due(before:limit:)`` hands them out. Returns how many.
    package func makeDue(_ selection: Selection) throws(StoreError) -> Int { preconditionFailure("follows") }

    /// One message, in hand or put back; nil when it is gone, held or has no recipient left. Puts it into qmgr's hands.
    package func load(_ location: RecordLocation) throws(StoreError) -> StoredMessage? { preconditionFailure("follows") }

    /// The next recipients of a message in hand whose envelope is read in slices.
    package func moreRecipients(
        of location: RecordLocation, after ordinal: UInt32, limit: Int
    ) throws(StoreError) -> (recipients: [QueuedRecipient], hasMore: Bool) { preconditionFailure("follows") }

    /// The record's content does not verify (an agent said so): copies it to quarantine/, syncs, and takes it out of the
    /// queue. When the copy cannot be written the record stays and this throws.
    package func quarantine(_ location: RecordLocation, reason: String) throws(StoreError) -> [FinishedMessage] {
        preconditionFailure("follows")
    }

    /// Syncs the journal and commits the index when they are due by ``Limits``. Cheap when nothing is.
    package func tick() throws(StoreError) { preconditionFailure("follows") }

    /// Syncs the journal, then writes everything that must not be lost with this process into the index in one transaction.
    package func commit() throws(StoreError) { preconditionFailure("follows") }

    /// Folds full journal files, removes segments and large contents that nobody needs.
    ///
    /// - Returns: files that are gone, relative to queue_directory (agents close their descriptors), and what is wrong.
    package func maintain() throws(StoreError) -> (retiredFiles: [String], problems: [String]) {
        preconditionFailure("follows")
    }

    /// Syncs, commits and gives the lock back.
    package func close() throws(StoreError) { preconditionFailure("follows") }

    init() {}
}
