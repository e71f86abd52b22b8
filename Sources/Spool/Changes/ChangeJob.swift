package import Mail
package import Wire

/// An operator's change of many messages, done in portions so that deliveries are not kept waiting.
///
/// Looks at what is in memory and not in the index first, then at the index: under the digests of the filter's IDs, domains or next
/// hops where it has some, else at every message.
package struct ChangeJob: Sendable {
    /// A part of the queue in which messages are looked for.
    enum Place: Equatable, Sendable {
        case keys([RecordKey])
        /// Rows of an index table under a digest, behind a key.
        case digest(IndexTable, UInt64, after: RecordKey?)
        /// Every row of `messages`, from a key on.
        case messages(from: RecordKey)

        var isInMemory: Bool {
            if case .keys = self { return true }
            return false
        }
    }

    package let change: QueueChange
    package let matcher: QueueMatcher
    /// Nothing is changed; what would be is told.
    package let isTrial: Bool
    /// nil until the first portion.
    var places: [Place]?
    /// Those that may be met again at another place.
    var seen: Set<RecordKey> = []
    var remembersAll = false
    /// Messages that were looked at.
    package internal(set) var examined: UInt64 = 0
    package internal(set) var changed: UInt64 = 0

    package init(_ change: QueueChange, _ matcher: QueueMatcher, isTrial: Bool) {
        self.change = change
        self.matcher = matcher
        self.isTrial = isTrial
    }

    package var isDone: Bool { places?.isEmpty ?? false }
}

/// A message that a change was made to.
package struct ChangedMessage: Equatable, Sendable {
    package var location: RecordLocation
    package var queueID: QueueID
    /// It was in qmgr's hands: deliveries may be under way.
    package var wasInHand: Bool
    /// No recipient is left in the queue.
    package var isFinished: Bool
    package init(location: RecordLocation, queueID: QueueID, wasInHand: Bool, isFinished: Bool) {
        self.location = location
        self.queueID = queueID
        self.wasInHand = wasInHand
        self.isFinished = isFinished
    }
}

/// What one portion of a ``ChangeJob`` did; in the journal and synced.
package struct ChangePortion: Sendable {
    package var job: ChangeJob
    package var messages: [ChangedMessage] = []
    package var problems: [String] = []
    package init(job: ChangeJob) { self.job = job }
}
