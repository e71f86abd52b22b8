import Mail

/// Events as they were read back, sorted to their records; those of segments that are gone, or of another nonce, are void.
struct Replay {
    struct Entry: Equatable {
        var ordinal: UInt32
        var change: JournalEvent.Change
    }

    /// In the order in which they were written.
    private(set) var entries: [RecordKey: [Entry]] = [:]
    /// Where segments end, as far as somebody said so.
    private(set) var sealed: [UInt64: UInt64] = [:]
    private(set) var count = 0

    var isEmpty: Bool { entries.isEmpty }

    mutating func add(_ events: [JournalEvent], where isKnown: (_ segment: UInt64, _ nonce: SegmentNonce) -> Bool) {
        for event in events where isKnown(event.location.segment, event.location.nonce) {
            count += 1
            if event.change == .sealed {
                sealed[event.location.segment] = event.location.offset
            } else {
                entries[RecordKey(event.location), default: []].append(Entry(ordinal: event.ordinal, change: event.change))
            }
        }
    }

    /// Puts what an earlier-written source says before what is here.
    mutating func prepend(_ earlier: Replay) {
        entries.merge(earlier.entries) { later, earlier in earlier + later }
        sealed.merge(earlier.sealed) { later, _ in later }
        count += earlier.count
    }

    mutating func forget(where isForgotten: (RecordKey) -> Bool) { entries = entries.filter { !isForgotten($0.key) } }

    mutating func take(_ key: RecordKey) -> [Entry] { entries.removeValue(forKey: key) ?? [] }
}
