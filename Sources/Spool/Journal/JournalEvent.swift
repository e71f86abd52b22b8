package import Mail

/// What became of a recipient, a message or a segment: the journal and the done lists are made of these.
///
/// Events are registers, not steps: replaying a run of them twice gives the same state as once, so a fold that was cut short
/// is simply done again.
package struct JournalEvent: Equatable, Sendable {
    /// In `ordinal`: all recipients of the record.
    package static let wholeMessage = UInt32.max

    package enum Change: Equatable, Sendable {
        /// Final: nothing is left to do for the recipient.
        case done
        /// An attempt ended for good (failed, or succeeded with NOTIFY=SUCCESS), and the sender has yet to be told.
        case unreported(DeliveryStatus)
        case held
        case released
        /// Final once the wall clock (seconds since 1970) has passed this; until then it can be restored.
        case deleted(restorableUntil: Int64)
        case restored
        case delayWarned
        /// `postsuper -e`: to be returned as too old at the next attempt.
        case expired
        /// `postsuper -r`: to be handed in again, for what is still in the queue; ends a hold.
        case requeued
        /// The record is damaged; a copy lies in quarantine/.
        case quarantined
        /// The child with this location arrived for this purpose: done, or for a delay notice, delay-warned.
        case child(RecordLocation, MessageOrigin.Purpose)
        /// The segment ends at `location.offset`: nobody appends to it any more.
        case sealed
    }

    package var location: RecordLocation
    package var ordinal: UInt32
    package var change: Change

    package init(_ change: Change, location: RecordLocation, ordinal: UInt32 = JournalEvent.wholeMessage) {
        self.location = location
        self.ordinal = ordinal
        self.change = change
    }
}
