package import Mail
package import Spool
package import Wire

/// Names a connection that waits for an answer.
package struct ReplyToken: Hashable, Sendable {
    package var number: UInt64
    package init(number: UInt64) { self.number = number }
}

/// What gathered for the store while the one before was under way: done in this order, on the store's thread.
package struct StoreBatch: Sendable {
    package struct PutBack: Sendable {
        package var location: RecordLocation
        package var deferrals: [Deferral]
        /// Seconds since 1970; nil: only the reasons are noted.
        package var nextAttempt: Int64?
    }
    package struct Slice: Sendable {
        package var message: UInt64
        package var location: RecordLocation
        package var after: UInt32
    }
    package struct Due: Sendable {
        package var before: Int64
        package var limit: Int
    }

    package var events: [JournalEvent] = []
    package var putBacks: [PutBack] = []
    package var notices: [(token: ReplyToken, notice: ArrivalNotice)] = []
    package var recoversTails = false
    package var selections: [(token: ReplyToken, selection: QueueStore.Selection)] = []
    /// Portions of changes that operators asked for.
    package var changes: [(token: ReplyToken, job: ChangeJob)] = []
    /// The index is to be rebuilt at the next start.
    package var marksRebuild = false
    /// What lies in memory and in no row yet is wanted for a listing.
    package var listsWaiting = false
    package var due: Due?
    package var slices: [Slice] = []
    /// Messages that an agent reports about and that are not in memory.
    package var loads: [RecordLocation] = []
    /// Messages that have crashed a program twice.
    package var crashing: [QueueID] = []
    package var commits = false
    package var maintains = false
    /// Nothing else is asked, but it is time to sync.
    package var ticks = false

    package init() {}

    package var isEmpty: Bool {
        events.isEmpty && putBacks.isEmpty && notices.isEmpty && !recoversTails && selections.isEmpty && changes.isEmpty
            && !marksRebuild && !listsWaiting && due == nil && slices.isEmpty && loads.isEmpty && crashing.isEmpty && !commits
            && !maintains
            && !ticks
    }
}

/// What the store answered to a ``StoreBatch``.
package struct StoreOutcome: Sendable {
    package struct LoadedSlice: Sendable {
        package var message: UInt64
        package var recipients: [QueuedRecipient]
        package var hasMore: Bool
    }
    /// The events are in the journal. When not, they are to be given again.
    package var recorded = true
    package var finished: [FinishedMessage] = []
    /// From notices and tails.
    package var arrivals = Arrivals()
    package var acknowledgements: [(token: ReplyToken, acknowledgement: ArrivalAcknowledgement)] = []
    /// To be tried again.
    package var failedNotices: [(token: ReplyToken, notice: ArrivalNotice)] = []
    package var recoveredTails = false
    package var selected: [(token: ReplyToken, result: QueueCommandResult)] = []
    package var portions: [(token: ReplyToken, portion: ChangePortion)] = []
    package var failedChanges: [(token: ReplyToken, job: ChangeJob, error: String)] = []
    /// Put back and in no row of the index.
    package var waiting: [QueueListing] = []
    /// What was due; nil when nothing was asked or the question failed.
    package var due: Arrivals?
    package var slices: [LoadedSlice] = []
    package var failedSlices: [StoreBatch.Slice] = []
    package var loaded: [(location: RecordLocation, message: StoredMessage?)] = []
    package var failedLoads: [RecordLocation] = []
    package var retiredFiles: [String] = []
    /// Those of `crashing` that are on hold now.
    package var held: [QueueID] = []
    /// Sentences for the log.
    package var problems: [String] = []
    package var canRecord = true
    /// A cleanup's segment has not been announced yet: nothing may be dispatched.
    package var awaitsSegments = false

    package init() {}
}
