internal import Mail
package import Spool
package import Wire

/// What qmgr has to be told about this process's segments, until it says that it knows.
///
/// Notices are cumulative: one that could not be sent is made good by a later one without records, upon which qmgr reads the segment
/// itself. Pure: no connection here.
package struct ArrivalBook {
    private struct Entry {
        var identity: SegmentIdentity
        var synced: UInt64
        var isSealed = false
        /// qmgr was not told of everything in this connection.
        var isOwed = true
        var condemned: SegmentWriter?
    }

    private var entries: [UInt64: Entry] = [:]
    /// As qmgr said last: messages that arrived and are neither finished nor in the index.
    package private(set) var lag: UInt32 = 0

    package init() {}

    /// Segments that qmgr has not acknowledged as sealed.
    package var count: Int { entries.count }

    /// Notes what a lane did.
    ///
    /// - Parameter canSend: the notices will be sent at once; otherwise they are owed.
    package mutating func note(_ outcome: LaneOutcome, canSend: Bool) -> [ArrivalNotice] {
        if let opened = outcome.opened {
            entries[opened.number] = Entry(identity: opened, synced: SegmentHeader.blockLength)
        }
        if let committed = outcome.committed { entries[committed.segment.number]?.synced = committed.synced }
        for ended in outcome.ended {
            entries[ended.segment.number]?.isSealed = true
            entries[ended.segment.number]?.condemned = ended.condemned
            entries[ended.segment.number]?.isOwed = true
        }
        guard canSend else {
            if let committed = outcome.committed { entries[committed.segment.number]?.isOwed = true }
            return []
        }
        var notices: [ArrivalNotice] = []
        if let committed = outcome.committed, let entry = entries[committed.segment.number] {
            // When something is owed, qmgr does not stand at `from`, and reads the segment from where it stands.
            entries[committed.segment.number]?.isOwed = false
            notices.append(
                ArrivalNotice(
                    segment: entry.identity.number, nonce: entry.identity.nonce, from: committed.from, synced: entry.synced,
                    sealed: entry.isSealed, records: committed.records))
        }
        return notices + owed()
    }

    /// A new connection: everything is to be said again.
    package mutating func connected() -> [ArrivalNotice] {
        for number in entries.keys { entries[number]?.isOwed = true }
        return owed()
    }

    /// What could not be sent when it happened, lowest segment first.
    package mutating func owed() -> [ArrivalNotice] {
        guard entries.values.contains(where: \.isOwed) else { return [] }
        var notices: [ArrivalNotice] = []
        for number in entries.keys.sorted() {
            guard let entry = entries[number], entry.isOwed else { continue }
            entries[number]?.isOwed = false
            notices.append(
                ArrivalNotice(
                    segment: number, nonce: entry.identity.nonce, from: entry.synced, synced: entry.synced,
                    sealed: entry.isSealed, records: []))
        }
        return notices
    }

    package var owesAnything: Bool { entries.values.contains(where: \.isOwed) }

    /// - Returns: a condemned segment that may be closed now.
    package mutating func acknowledged(_ acknowledgement: ArrivalAcknowledgement) -> SegmentWriter? {
        lag = acknowledgement.lag
        guard acknowledgement.sealed, let entry = entries[acknowledgement.segment], entry.isSealed else { return nil }
        entries[acknowledgement.segment] = nil
        return entry.condemned
    }

    /// The connection is gone: what qmgr said of its lag does not hold any more.
    package mutating func disconnected() { lag = 0 }
}
