internal import Mail

/// The first 80 bytes of a record: its parts' lengths and checksums.
///
/// `mark` is a secret of the segment at this offset, so that the search for the next record after damage finds only real ones:
/// a message that contains a record cannot know it, and the header's own CRC is seeded besides.
///
///     0  mark u64           16  kind u8, flags u8, 0 u16     32  body length u64      56  written i64 (us)
///     8  CRC of 12..<80     20  envelope length u32          40  envelope CRC u32     64  large nonce, high
///     12 recipients u32     24  header block length u32      44  header block CRC     72  large nonce, low
///                           28  batch: how far back, /8      48  body CRC, 52 its seed
struct RecordHeader: Equatable {
    static let length = 80
    static let alignment: UInt64 = 8

    enum Kind: UInt8 { case message = 1 }

    struct Flags: OptionSet {
        let rawValue: UInt8
        static let dotLines = Flags(rawValue: 1)
        /// The body is in large/, in the file of that nonce.
        static let largeBody = Flags(rawValue: 2)
    }

    var kind = Kind.message.rawValue
    var flags: Flags = []
    var recipientCount: UInt32 = 0
    var envelopeLength: UInt32 = 0
    var headerBlockLength: UInt32 = 0
    var bodyLength: UInt64 = 0
    /// Distance to the first record of the batch that was written and synced together, in units of 8 bytes.
    var batchDistance: UInt32 = 0
    var envelopeCRC: UInt32 = 0
    var headerBlockCRC: UInt32 = 0
    var bodyCRC: UInt32 = 0
    var bodySeed: UInt32 = 0
    var written: Int64 = 0
    var large = SegmentNonce(high: 0, low: 0)

    static func mark(_ nonce: SegmentNonce, offset: UInt64) -> UInt64 { nonce.low &+ offset &* 0x9e37_79b9_7f4a_7c15 }

    var isLarge: Bool { flags.contains(.largeBody) }

    /// From this record's start to the next one; nil when the lengths cannot be true.
    var recordLength: UInt64? {
        var sum = UInt64(Self.length) + UInt64(envelopeLength) + UInt64(headerBlockLength)
        if !isLarge {
            let (total, overflow) = sum.addingReportingOverflow(bodyLength)
            guard !overflow, total < 1 << 62 else { return nil }
            sum = total
        }
        return Self.aligned(sum)
    }

    static func aligned(_ length: UInt64) -> UInt64 { (length + alignment - 1) & ~(alignment - 1) }

    func append(to bytes: inout [UInt8], nonce: SegmentNonce, offset: UInt64) {
        var rest = ByteWriter(capacity: Self.length)
        rest.write(recipientCount)
        rest.write(kind)
        rest.write(flags.rawValue)
        rest.write(UInt16(0))
        rest.write(envelopeLength)
        rest.write(headerBlockLength)
        rest.write(batchDistance)
        rest.write(bodyLength)
        rest.write(envelopeCRC)
        rest.write(headerBlockCRC)
        rest.write(bodyCRC)
        rest.write(bodySeed)
        rest.write(written)
        rest.write(large)
        let crc = Checksum.crc(rest.bytes, seed: Checksum.seed(nonce, offset: offset, part: .header))
        var start = ByteWriter(capacity: 12)
        start.write(Self.mark(nonce, offset: offset))
        start.write(crc)
        bytes.append(contentsOf: start.bytes)
        bytes.append(contentsOf: rest.bytes)
    }

    /// nil when these bytes do not verify as a header of this segment at this offset.
    init?(_ bytes: [UInt8], nonce: SegmentNonce, offset: UInt64) {
        guard bytes.count == Self.length else { return nil }
        var reader = ByteReader(bytes)
        do {
            guard try reader.read(UInt64.self) == Self.mark(nonce, offset: offset),
                try reader.read(UInt32.self)
                    == Checksum.crc(bytes, 12..<Self.length, seed: Checksum.seed(nonce, offset: offset, part: .header))
            else { return nil }
            recipientCount = try reader.read()
            kind = try reader.read()
            flags = Flags(rawValue: try reader.read())
            _ = try reader.read(UInt16.self)
            envelopeLength = try reader.read()
            headerBlockLength = try reader.read()
            batchDistance = try reader.read()
            bodyLength = try reader.read()
            envelopeCRC = try reader.read()
            headerBlockCRC = try reader.read()
            bodyCRC = try reader.read()
            bodySeed = try reader.read()
            written = try reader.read()
            large = try reader.read(SegmentNonce.self)
        } catch {
            return nil
        }
    }

    init() {}
}
