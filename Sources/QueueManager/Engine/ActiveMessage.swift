internal import Mail
internal import Spool

/// A message in qmgr's hands, during one pass over its recipients.
final class ActiveMessage {
    let number: UInt64
    let stored: StoredMessage
    /// Microseconds since 1970.
    let activated: Int64
    var recipients = RecipientTable()
    /// More recipients are in the segment: those after this ordinal.
    var nextSlice: UInt32?
    var isLoadingSlice = false
    /// Deliveries in agents' hands.
    var deliveries = 0
    /// Recipients that were deferred in this pass and are no longer in memory.
    var forgottenDeferrals = 0
    /// An agent vanished with a recipient: try soon, the fault was ours.
    var retriesSoon = false
    /// Its recipients count in the active limits.
    var countsAsActive = true
    /// Recipients that count in the active limits.
    var loaded = 0
    /// Recipients were given up in this pass because the message is too old.
    var hasExpired = false
    /// The store says that no recipient is left.
    var isGone = false
    /// A settling is planned behind the journal.
    var isSettling = false
    /// Only the notice to the sender is awaited.
    var awaitsNotice = false
    /// An operator has put it on hold, deleted it or wants it handed in again: nothing more is dispatched in this pass.
    var isWithdrawn = false
    /// An operator wants it returned.
    var isExpired: Bool
    /// It is being handed in again; its end is told by the new message.
    var isRequeued = false

    init(number: UInt64, stored: StoredMessage, activated: Int64) {
        self.number = number
        self.stored = stored
        self.activated = activated
        isExpired = stored.isExpired
    }

    var location: RecordLocation { stored.location }
    var queueID: QueueID { stored.envelope.queueID }
    var sender: String { stored.envelope.sender.internalForm }

    /// Everything that this pass can do for the recipients has been done.
    var isPassOver: Bool { recipients.outstanding == 0 && nextSlice == nil && !isLoadingSlice && deliveries == 0 }
}
