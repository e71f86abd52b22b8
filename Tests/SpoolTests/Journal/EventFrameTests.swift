import Mail
import Testing

@testable import Spool

@Suite("frames of events")
struct EventFrameTests {
    private static let nonce = SegmentNonce(high: 0x1234_5678_9abc_def0, low: 42)
    private static let first = RecordLocation(segment: 7, nonce: SegmentNonce(high: 1, low: 2), offset: 4096)
    private static let second = RecordLocation(segment: 8, nonce: SegmentNonce(high: 3, low: 4), offset: 1 << 40)
    private static let position = JournalPosition(file: 3, offset: 64)

    static let events: [JournalEvent] = [
        JournalEvent(.done, location: first, ordinal: 0),
        JournalEvent(.done, location: first, ordinal: 49_999),
        JournalEvent(
            .unreported(
                DeliveryStatus(
                    .bounced, EnhancedStatus(.permanent, 1, 1), "ü unknown",
                    diagnostic: RemoteDiagnostic(type: "smtp", text: "550 no", host: "mx.test"))),
            location: second, ordinal: 3),
        JournalEvent(.held, location: second), JournalEvent(.released, location: second),
        JournalEvent(.deleted(restorableUntil: -1), location: second), JournalEvent(.restored, location: second),
        JournalEvent(.delayWarned, location: first, ordinal: 1), JournalEvent(.expired, location: first),
        JournalEvent(.quarantined, location: first), JournalEvent(.child(second, .forward), location: first, ordinal: 2),
        JournalEvent(.sealed, location: second),
    ]

    private func frame(at offset: UInt64 = 64) -> [UInt8] {
        [UInt8](repeating: 0, count: Int(offset))
            + EventFrame.encode(Self.events, at: offset, nonce: Self.nonce, position: Self.position)
    }

    @Test("what was written is read")
    func roundTrip() throws {
        let bytes = frame()
        let decoded = try #require(try EventFrame.decode(bytes, at: 64, nonce: Self.nonce))
        #expect(decoded.events == Self.events)
        #expect(decoded.position == Self.position)
        #expect(decoded.end == UInt64(bytes.count))
        #expect(decoded.end % 8 == 0)
    }

    @Test("every byte inverted, every cut: it is no frame")
    func damage() throws {
        let bytes = frame()
        for index in 64..<bytes.count {
            var damaged = bytes
            damaged[index] = ~damaged[index]
            #expect((try? EventFrame.decode(damaged, at: 64, nonce: Self.nonce)) == nil, "byte \(index)")
            #expect((try? EventFrame.decode(Array(bytes[..<index]), at: 64, nonce: Self.nonce)) == nil, "cut at \(index)")
        }
    }

    @Test("a copy at another offset or in another file is no frame")
    func seeds() throws {
        let moved = [UInt8](repeating: 0, count: 8) + frame()
        #expect(try EventFrame.decode(moved, at: 72, nonce: Self.nonce) == nil)
        #expect(try EventFrame.decode(frame(), at: 64, nonce: SegmentNonce(high: 0, low: 42)) == nil)
    }

    @Test("the usual event takes thirteen bytes")
    func size() {
        let few = EventFrame.encode(
            (0..<8).map { JournalEvent(.done, location: Self.first, ordinal: $0) }, at: 64, nonce: Self.nonce,
            position: Self.position)
        let more = EventFrame.encode(
            (0..<16).map { JournalEvent(.done, location: Self.first, ordinal: $0) }, at: 64, nonce: Self.nonce,
            position: Self.position)
        #expect(more.count - few.count == 8 * 13)
    }

    @Test("a header is read only as what it is", arguments: 0..<32)
    func header(byte: Int) {
        let header = EventFileHeader(kind: .journal, number: 5, nonce: Self.nonce)
        #expect(EventFileHeader(header.bytes, kind: .journal) == header)
        #expect(EventFileHeader(header.bytes, kind: .doneList) == nil)
        var damaged = header.bytes
        damaged[byte] ^= 0x10
        #expect(EventFileHeader(damaged, kind: .journal) == nil)
        #expect(EventFileHeader(Array(header.bytes[..<byte]), kind: .journal) == nil)
    }
}
