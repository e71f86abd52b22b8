import Mail

/// What the store knows of a segment.
final class SegmentState {
    /// A child that arrived for a record of this segment.
    struct Child: Equatable {
        var ordinal: UInt32
        var purpose: MessageOrigin.Purpose
        var location: RecordLocation
    }

    let identity: SegmentIdentity
    /// Every record before it has been taken up.
    var readOffset = SegmentHeader.blockLength
    /// Everything before it is on stable storage, as its living owner says.
    var announced: UInt64 = 0
    /// Nobody appends beyond this.
    var sealedEnd: UInt64?
    /// Records with rows in the index.
    var indexed = 0
    /// Records that are neither final nor in the index, in order; finished ones are dropped lazily.
    var unindexed = OffsetQueue()
    /// Those in `unindexed` that are not finished.
    var unindexedLive = 0
    /// Rows may exist for records before this that are read again.
    var highWater: UInt64 = 0
    /// A record that must be met again at the next start: it could not be understood, or not be quarantined.
    var keptFrom: UInt64?
    /// Events for this segment may be in the journal from here on.
    var firstEvent: JournalPosition
    var children: [UInt64: [Child]] = [:]
    /// Whether `children` has what the done list says.
    var hasReadDoneList: Bool
    /// The list is to be written anew, the old one kept in quarantine/.
    var hasDamagedDoneList = false
    /// Its owner lives, as far as was seen.
    var isOwned = false
    /// Events that named its recipients are lost: records found now are held.
    var isUndecided = false
    var isDirty = true

    init(_ identity: SegmentIdentity, firstEvent: JournalPosition, hasReadDoneList: Bool) {
        self.identity = identity
        self.firstEvent = firstEvent
        self.hasReadDoneList = hasReadDoneList
    }

    var live: Int { indexed + unindexedLive }
    var isReadToItsEnd: Bool { sealedEnd.map { readOffset >= $0 } ?? false }

    func keep(from offset: UInt64) { keptFrom = min(keptFrom ?? offset, offset) }
}

/// Offsets in ascending order, taken off at the front.
struct OffsetQueue {
    private var offsets: [UInt64] = []
    private var head = 0

    var first: UInt64? { head < offsets.count ? offsets[head] : nil }
    var isEmpty: Bool { head == offsets.count }
    /// All that are left.
    var rest: ArraySlice<UInt64> { offsets[head...] }

    mutating func append(_ offset: UInt64) { offsets.append(offset) }

    mutating func removeFirst() {
        head += 1
        if head == offsets.count {
            offsets.removeAll(keepingCapacity: true)
            head = 0
        } else if head > 4096 && head * 2 > offsets.count {
            offsets.removeFirst(head)
            head = 0
        }
    }
}
