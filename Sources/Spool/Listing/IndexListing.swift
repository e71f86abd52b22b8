package import Mail
package import Wire

/// A message of the index, or a part of one with many recipients.
package struct ListedPart: Equatable, Sendable {
    /// With the recipients of this part.
    package var message: QueueListing
    package var location: RecordLocation
    package var isFirst: Bool
    package var isLast: Bool
}

/// Reads the index as `mailq` shows it, a few hundred rows in each transaction: a listing that somebody reads slowly must not
/// keep pages of the index from being used again (pitfalls S19).
///
/// What changes between two pages is seen or not.
package struct IndexListing {
    /// Rows in one transaction.
    package static let pageLength = 500

    private let index: any QueueIndex
    private var next: RecordKey? = RecordKey(segment: 0, offset: 0)
    private var nextOrdinal: UInt32 = 0

    package init(_ index: any QueueIndex) { self.index = index }

    /// nil at the end.
    package mutating func page() throws(IndexError) -> [ListedPart]? {
        guard let start = next else { return nil }
        var parts: [ListedPart] = []
        var budget = Self.pageLength
        var position: (RecordKey, UInt32)?
        let firstOrdinal = nextOrdinal
        try index.read { reader throws(IndexError) in
            try reader.scan(.messages, from: IndexKeys.message(start)) { bytes, value throws(IndexError) in
                guard let key = IndexKeys.record(in: bytes) else { return true }
                guard budget > 0 else {
                    position = (key, 0)
                    return false
                }
                let row = try MessageRow.decode(value)
                let from = key == start ? firstOrdinal : 0
                let recipients = try reader.recipients(of: key, from: from, limit: budget)
                let isLast = recipients.count < budget
                parts.append(ListedPart(row, key, recipients, isFirst: from == 0, isLast: isLast))
                budget -= recipients.count + 1
                if !isLast, let last = recipients.last {
                    position = (key, last.ordinal + 1)
                    return false
                }
                return true
            }
        }
        (next, nextOrdinal) = (position?.0, position?.1 ?? 0)
        return parts
    }
}

extension ListedPart {
    fileprivate init(
        _ row: MessageRow, _ key: RecordKey, _ recipients: [(ordinal: UInt32, row: RecipientRow)], isFirst: Bool, isLast: Bool
    ) {
        let shown = recipients.filter { $0.row.flags.isDisjoint(with: .outOfQueue) }
        message = QueueListing(
            queueID: row.queueID, state: row.nextAttempt == nil ? .hold : .deferred, arrival: row.arrival / 1_000_000,
            size: row.size, sender: row.sender.internalForm,
            recipients: shown.map {
                QueueListing.Recipient(
                    address: $0.row.address, original: $0.row.original.isEmpty ? $0.row.address : $0.row.original,
                    reason: $0.row.status?.text ?? "")
            })
        location = RecordLocation(segment: key.segment, nonce: row.nonce, offset: key.offset)
        self.isFirst = isFirst
        self.isLast = isLast
    }
}
