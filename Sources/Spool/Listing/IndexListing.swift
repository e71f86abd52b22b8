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
/// With a filter that names IDs, domains or next hops it looks only at the rows under these.
/// What changes between two pages is seen or not.
package struct IndexListing {
    /// Rows in one transaction.
    package static let pageLength = 500
    /// Rows that do not match may be passed over in one transaction.
    private static let examinedLength = 4000

    private enum Source {
        /// From a key on.
        case messages(RecordKey)
        case digest(IndexTable, UInt64, after: RecordKey?)
    }

    private let index: any QueueIndex
    private let matcher: QueueMatcher?
    private var sources: [Source]
    /// A message whose rest comes next.
    private var partial: (key: RecordKey, ordinal: UInt32)?
    /// A message can have several domains or next hops.
    private var seen: Set<RecordKey>?

    package init(_ index: any QueueIndex, matcher: QueueMatcher? = nil) {
        self.index = index
        self.matcher = matcher
        if let ids = matcher?.ids {
            sources = ids.sorted().map { .digest(.queueIDs, QueueDigest.of($0), after: nil) }
        } else if let hops = matcher?.nextHops {
            sources = hops.map { .digest(.sites, $0, after: nil) }
        } else if let domains = matcher?.domains {
            sources = domains.map { .digest(.domains, QueueDigest.of($0), after: nil) }
        } else {
            sources = [.messages(RecordKey(segment: 0, offset: 0))]
        }
        if sources.count > 1 && matcher?.ids == nil { seen = [] }
    }

    /// nil at the end. A page may be empty.
    package mutating func page() throws(IndexError) -> [ListedPart]? {
        guard !sources.isEmpty || partial != nil else { return nil }
        var page = Page(budget: Self.pageLength, examined: Self.examinedLength)
        var state = self
        try index.read { reader throws(IndexError) in try state.fill(&page, reader) }
        self = state
        return page.parts
    }

    private struct Page {
        var parts: [ListedPart] = []
        var budget: Int
        var examined: Int
        var isFull: Bool { budget <= 0 || examined <= 0 }
    }

    private mutating func fill(_ page: inout Page, _ reader: any IndexReader) throws(IndexError) {
        if let (key, ordinal) = partial {
            partial = nil
            if let row = try reader.message(key) { try append(row, key, from: ordinal, &page, reader) }
        }
        while let source = sources.first, !page.isFull {
            switch source {
            case .messages(let start): try scan(from: start, &page, reader)
            case .digest(let table, let digest, let last):
                let keys = try reader.records(table, digest, after: last, limit: page.budget)
                for key in keys {
                    sources[0] = .digest(table, digest, after: key)
                    page.examined -= 1
                    if let seen, seen.contains(key) { continue }
                    seen?.insert(key)
                    if let row = try reader.message(key) { try examine(row, key, &page, reader) }
                    if page.isFull { return }
                }
                if keys.isEmpty { sources.removeFirst() }
            }
        }
    }

    private mutating func scan(from start: RecordKey, _ page: inout Page, _ reader: any IndexReader) throws(IndexError) {
        var state = self
        var filling = page
        var next: RecordKey?
        try reader.scan(.messages, from: IndexKeys.message(start)) { bytes, value throws(IndexError) in
            guard let key = IndexKeys.record(in: bytes) else { return true }
            if filling.isFull {
                next = key
                return false
            }
            filling.examined -= 1
            try state.examine(try MessageRow.decode(value), key, &filling, reader)
            return true
        }
        self = state
        page = filling
        if let next { sources[0] = .messages(next) } else { sources.removeFirst() }
    }

    private mutating func examine(
        _ row: MessageRow, _ key: RecordKey, _ page: inout Page, _ reader: any IndexReader
    ) throws(IndexError) {
        if let matcher {
            guard
                matcher.matches(
                    id: row.queueID.description, sender: row.sender.internalForm, arrival: row.arrival / 1_000_000,
                    size: row.size, state: row.place)
            else { return }
            if matcher.needsRecipients {
                let rows = try reader.recipients(of: key)
                let compared = rows.lazy.filter { row.shows($0.row) }.map {
                    QueueMatcher.Recipient(address: $0.row.address, reason: $0.row.status?.text ?? "", nextHop: $0.row.site)
                }
                guard matcher.matches(anyOf: compared) else { return }
            }
        } else if row.place == .deleted {
            return
        }
        try append(row, key, from: 0, &page, reader)
    }

    private mutating func append(
        _ row: MessageRow, _ key: RecordKey, from ordinal: UInt32, _ page: inout Page, _ reader: any IndexReader
    ) throws(IndexError) {
        let limit = max(page.budget, 1)
        let recipients = try reader.recipients(of: key, from: ordinal, limit: limit)
        let isLast = recipients.count < limit
        page.parts.append(ListedPart(row, key, recipients, isFirst: ordinal == 0, isLast: isLast))
        page.budget -= recipients.count + 1
        if !isLast, let last = recipients.last {
            partial = (key, last.ordinal + 1)
            page.budget = 0
        }
    }
}

extension MessageRow {
    /// Whether a recipient counts: of a deleted message those that would come back.
    fileprivate func shows(_ recipient: RecipientRow) -> Bool {
        place == .deleted
            ? recipient.flags.contains(.deleted) && !recipient.flags.contains(.done)
            : recipient.flags.isDisjoint(with: .outOfQueue)
    }
}

extension ListedPart {
    fileprivate init(
        _ row: MessageRow, _ key: RecordKey, _ recipients: [(ordinal: UInt32, row: RecipientRow)], isFirst: Bool, isLast: Bool
    ) {
        message = QueueListing(
            queueID: row.queueID, state: row.place, arrival: row.arrival / 1_000_000,
            size: row.size, sender: row.sender.internalForm,
            recipients: recipients.lazy.map(\.row).filter { row.shows($0) }.map {
                QueueListing.Recipient(
                    address: $0.address, original: $0.original.isEmpty ? $0.address : $0.original,
                    reason: $0.status?.text ?? "", nextHop: $0.site)
            }, isExpired: row.isExpired)
        location = RecordLocation(segment: key.segment, nonce: row.nonce, offset: key.offset)
        self.isFirst = isFirst
        self.isLast = isLast
    }
}
