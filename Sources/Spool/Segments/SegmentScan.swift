internal import Mail

/// Goes through the records between two offsets. After damage it goes on at the next header that verifies.
package struct SegmentScan {
    private let reader: SegmentReader
    private let end: UInt64
    private let verifyingContent: Bool
    /// Where the next item begins.
    package private(set) var position: UInt64

    init(reader: SegmentReader, from start: UInt64, to end: UInt64, verifyingContent: Bool) {
        self.reader = reader
        self.end = end
        self.verifyingContent = verifyingContent
        position = max(start, SegmentHeader.blockLength)
    }

    /// nil at the end. What lies behind the last record is one damaged range.
    package mutating func next() throws(SegmentError) -> ScannedItem? {
        while position < end {
            if let found = try reader.recordHeader(at: position, limit: end), found.0.kind != RecordHeader.Kind.message.rawValue
            {
                position = found.end
                continue
            }
            if let item = try reader.item(at: position, limit: end, verifyingContent: verifyingContent) {
                switch item {
                case .record(let record): position = record.end
                case .damaged(let damage): position = damage.range.upperBound
                }
                return item
            }
            let next = try reader.search(from: position + RecordHeader.alignment, to: end) ?? end
            defer { position = next }
            return .damaged(DamagedRange(range: position..<next, reason: "no record verifies here", recipientCount: nil))
        }
        return nil
    }
}
