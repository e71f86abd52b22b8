package import Mail

/// A record as a reader finds it: header and envelope verified, content not necessarily.
package struct StoredRecord: Equatable, Sendable {
    package var location: RecordLocation
    /// Bytes from the record's start to the next one.
    package var length: UInt64
    package var recipientCount: UInt32
    /// Microseconds since 1970 at which its batch was written.
    package var written: Int64
    /// ``EnvelopeCoding``'s form.
    package var envelope: [UInt8]
    package var content: ContentLocation
    /// The file in large/ that holds its body.
    package var large: SegmentNonce?
    /// Offset of the first record that was written and synced together with this one.
    package var batchStart: UInt64

    package var end: UInt64 { location.offset + length }
}

/// Bytes between two offsets that are no record, or a record whose parts do not verify.
package struct DamagedRange: Equatable, Sendable {
    package var range: Range<UInt64>
    /// For the log and the quarantine.
    package var reason: String
    /// Where the record's header still verifies: its number of recipients is known.
    package var recipientCount: UInt32?
}

/// What a scan meets.
package enum ScannedItem: Equatable, Sendable {
    case record(StoredRecord)
    case damaged(DamagedRange)
}
