import Mail

/// A record in this spool. The segment's nonce has been compared before one is made.
struct RecordKey: Hashable, Comparable {
    var segment: UInt64
    var offset: UInt64

    init(_ location: RecordLocation) {
        segment = location.segment
        offset = location.offset
    }

    init(segment: UInt64, offset: UInt64) {
        self.segment = segment
        self.offset = offset
    }

    static func < (left: RecordKey, right: RecordKey) -> Bool {
        (left.segment, left.offset) < (right.segment, right.offset)
    }
}
