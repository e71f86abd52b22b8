package import Mail

/// A recipient that is not final, as the store hands it to qmgr.
package struct QueuedRecipient: Equatable, Sendable {
    package enum State: Equatable, Sendable {
        case queued
        /// Attempted for good; a notice to the sender is due.
        case unreported(DeliveryStatus)
    }
    package var ordinal: UInt32
    package var recipient: EnvelopeRecipient
    package var state: State
    /// A delay warning for it was sent already.
    package var delayWarned: Bool
    /// Why the last attempt failed, when that is known (it is lost with the index).
    package var deferral: DeliveryStatus?

    package init(
        ordinal: UInt32, recipient: EnvelopeRecipient, state: State = .queued, delayWarned: Bool = false,
        deferral: DeliveryStatus? = nil
    ) {
        self.ordinal = ordinal
        self.recipient = recipient
        self.state = state
        self.delayWarned = delayWarned
        self.deferral = deferral
    }
}

/// A message in qmgr's hands: from ``QueueStore/take(_:)``, ``QueueStore/recoverTails(limit:)`` or
/// ``QueueStore/due(before:limit:)`` until all its recipients are final or ``QueueStore/deferRecipients(of:_:nextAttempt:)``
/// put it back.
package final class StoredMessage: Sendable {
    package let location: RecordLocation
    /// Without recipients: as ``DeliveryRequest`` and ``NoticeRequest`` want it.
    package let envelope: Envelope
    /// Those that are not final, in ordinal order; of a large envelope the first slice only.
    package let recipients: [QueuedRecipient]
    /// More follow: ``QueueStore/moreRecipients(of:after:limit:)``.
    package let hasMoreRecipients: Bool
    /// How many the record has, final ones included.
    package let recipientCount: UInt32
    package let content: ContentLocation
    /// Microseconds since 1970: on stable storage.
    package let committed: Int64
    /// An operator wants it returned now.
    package let isExpired: Bool
    /// An operator wants it handed in again instead of delivered.
    package let isRequeued: Bool

    package init(
        location: RecordLocation, envelope: Envelope, recipients: [QueuedRecipient], hasMoreRecipients: Bool,
        recipientCount: UInt32, content: ContentLocation, committed: Int64, isExpired: Bool, isRequeued: Bool = false
    ) {
        self.location = location
        self.envelope = envelope
        self.recipients = recipients
        self.hasMoreRecipients = hasMoreRecipients
        self.recipientCount = recipientCount
        self.content = content
        self.committed = committed
        self.isExpired = isExpired
        self.isRequeued = isRequeued
    }
}

/// What a word of cleanup, or the reading of tails, brought.
package struct Arrivals: Sendable {
    /// New in qmgr's hands.
    package var messages: [StoredMessage] = []
    /// Recipients of parents that are done (or delay-warned) because their child arrived.
    package var completions: [Completion] = []
    /// Parents without any recipient left: to be logged as removed.
    package var finished: [FinishedMessage] = []
    /// Second children of the same origin, dropped.
    package var duplicates: [FinishedMessage] = []
    /// What is wrong, for the log (each was handled: quarantined, held or kept).
    package var problems: [String] = []

    package init() {}

    package struct Completion: Equatable, Sendable {
        package var parent: RecordLocation
        package var recipients: [UInt32]
        package var purpose: MessageOrigin.Purpose
        package var child: RecordLocation
    }
}

/// A message without any recipient left.
package struct FinishedMessage: Equatable, Sendable {
    package var location: RecordLocation
    package var queueID: QueueID
    package init(location: RecordLocation, queueID: QueueID) {
        self.location = location
        self.queueID = queueID
    }
}

/// A recipient that stays queued, and why.
package struct Deferral: Equatable, Sendable {
    package var ordinal: UInt32
    package var status: DeliveryStatus
    /// The next hop, for flushing by site.
    package var site: String
    package init(ordinal: UInt32, status: DeliveryStatus, site: String) {
        self.ordinal = ordinal
        self.status = status
        self.site = site
    }
}
