import Mail

/// A message that the store has in memory: in qmgr's hands, or put back and not yet written to the index.
final class Entry {
    enum Placement: Equatable {
        case inHand
        /// Seconds since 1970; nil: it waits for an operator (on hold).
        case putBack(Int64?)
    }

    struct Reason: Equatable {
        var status: DeliveryStatus
        /// Digest of the next hop.
        var site: UInt64
    }

    let location: RecordLocation
    let queueID: QueueID
    let sender: ReversePath
    /// Microseconds since 1970.
    let arrival: Int64
    let size: UInt64
    /// The file in large/ that it keeps.
    let bodyFile: String?
    /// Microseconds since 1970: when the store took it up.
    let takenAt: Int64
    var states: RecipientStates
    /// Why the last attempts failed.
    var reasons: [UInt32: Reason] = [:]
    var placement: Placement
    /// Microseconds since 1970.
    var putBackAt: Int64 = 0
    /// What qmgr was given, while nothing has changed since.
    var message: StoredMessage?
    /// All of the envelope, for the index; nil when it is large, or when the rows exist.
    var recipients: [EnvelopeRecipient]?
    /// Whether its rows are complete. `changed` is then what they lack.
    var isIndexed: Bool
    /// Rows below this ordinal are written.
    var indexCursor: UInt32 = 0
    /// Being written by the commit that is under way.
    var isCommitting = false
    var isDirty = false
    /// The due time in its row.
    var indexedAttempt: Int64?
    var changed: Set<UInt32> = []

    var key: RecordKey { RecordKey(location) }

    init(
        location: RecordLocation, queueID: QueueID, sender: ReversePath, arrival: Int64, size: UInt64, bodyFile: String?,
        takenAt: Int64, states: RecipientStates, placement: Placement, isIndexed: Bool
    ) {
        self.location = location
        self.queueID = queueID
        self.sender = sender
        self.arrival = arrival
        self.size = size
        self.bodyFile = bodyFile
        self.takenAt = takenAt
        self.states = states
        self.placement = placement
        self.isIndexed = isIndexed
    }

    /// From its rows.
    convenience init(
        _ row: MessageRow, recipients: [(ordinal: UInt32, row: RecipientRow)], at key: RecordKey, takenAt: Int64
    ) {
        let states = RecipientStates(
            count: Int(row.recipientCount),
            rows: recipients.map { ($0.ordinal, $0.row.flags, $0.row.status) }, restorableUntil: row.restorableUntil)
        self.init(
            location: RecordLocation(segment: key.segment, nonce: row.nonce, offset: key.offset), queueID: row.queueID,
            sender: row.sender, arrival: row.arrival, size: row.size, bodyFile: row.bodyFile, takenAt: takenAt, states: states,
            placement: .putBack(states.remaining == 0 ? nil : row.nextAttempt), isIndexed: true)
        putBackAt = row.putBack
        indexedAttempt = row.nextAttempt
        indexCursor = row.recipientCount
        for (ordinal, row) in recipients where !row.flags.contains(.unreported) {
            if let status = row.status { reasons[ordinal] = Reason(status: status, site: row.site) }
        }
    }

    /// Applies one change; true when anything is different now.
    func apply(_ change: JournalEvent.Change, to ordinal: UInt32) -> Bool {
        let ordinals = states.apply(change, to: ordinal)
        guard !ordinals.isEmpty else { return false }
        message = nil
        if indexCursor > 0 { changed.formUnion(ordinals) }
        return true
    }
}
