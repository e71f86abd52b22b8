import Mail

/// A place in the journal; files are numbered without gaps in the order in which they were written.
package struct JournalPosition: Equatable, Comparable, Sendable {
    package var file: UInt64
    package var offset: UInt64
    package init(file: UInt64, offset: UInt64) {
        self.file = file
        self.offset = offset
    }
    package static func < (left: JournalPosition, right: JournalPosition) -> Bool {
        (left.file, left.offset) < (right.file, right.offset)
    }
}

/// A batch of events as it lies in a journal file or a done list.
///
/// `magic u32 | length u32 | checksum u32 | 0 u32 | position (u64, u64) | events`, at multiples of 8 bytes. The checksum is
/// seeded with the file's nonce and the frame's offset, so that neither a recycled file's old frames nor a copy can pass.
/// `position` is, in the journal, up to where it was synced when this frame was written (so what is unreadable before it is
/// damage, behind it a torn end); in a done list, the journal file that was folded.
struct EventFrame: Equatable {
    static let headerLength = 32
    static let magic: UInt32 = 0x4672_4d4a
    /// More events make another frame.
    static let maximumLength = 4 << 20

    var offset: UInt64
    var length: Int
    var position: JournalPosition
    var events: [JournalEvent]

    var end: UInt64 { offset + UInt64(length) }

    static func encode(_ events: some Sequence<JournalEvent>, at offset: UInt64, nonce: SegmentNonce, position: JournalPosition)
        -> [UInt8]
    {
        var writer = ByteWriter(capacity: headerLength + 256)
        writer.write(magic)
        writer.write(UInt64(0))
        writer.write(UInt32(0))
        writer.write(position.file)
        writer.write(position.offset)
        EventCoding.encode(events, into: &writer)
        var bytes = writer.bytes
        store(UInt32(bytes.count - headerLength), in: &bytes, at: 4)
        store(checksum(bytes, 12..<bytes.count, nonce, offset), in: &bytes, at: 8)
        return bytes
    }

    /// The frame at an offset, nil when nothing there verifies. `base` is where `bytes` begin in the file.
    static func decode(_ bytes: [UInt8], at offset: UInt64, nonce: SegmentNonce) throws(DecodingFailure) -> EventFrame? {
        guard offset <= UInt64(bytes.count), bytes.count - Int(offset) >= headerLength else { return nil }
        let start = Int(offset)
        var reader = ByteReader(bytes[start..<start + headerLength])
        guard try reader.read(UInt32.self) == magic else { return nil }
        let length = Int(try reader.read(UInt32.self))
        let checksum = try reader.read(UInt32.self)
        guard length <= maximumLength, length <= bytes.count - start - headerLength else { return nil }
        let end = start + headerLength + length
        guard self.checksum(bytes, (start + 12)..<end, nonce, offset) == checksum else { return nil }
        _ = try reader.read(UInt32.self)
        let position = JournalPosition(file: try reader.read(UInt64.self), offset: try reader.read(UInt64.self))
        let events = try EventCoding.decode(bytes[(start + headerLength)..<end])
        return EventFrame(offset: offset, length: headerLength + length, position: position, events: events)
    }

    private static func checksum(_ bytes: [UInt8], _ range: Range<Int>, _ nonce: SegmentNonce, _ offset: UInt64) -> UInt32 {
        Checksum.crc(bytes, range, seed: Checksum.seed(nonce, offset: offset, part: .events))
    }

    private static func store(_ value: UInt32, in bytes: inout [UInt8], at index: Int) {
        for byte in 0..<4 { bytes[index + byte] = UInt8(truncatingIfNeeded: value >> UInt32(byte * 8)) }
    }
}
