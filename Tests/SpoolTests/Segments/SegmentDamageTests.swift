import Mail
import Platform
import SimulatedPlatform
import Spool
import Testing
import Wire

@Suite("damaged segments")
struct SegmentDamageTests {
    /// Three records in three batches, and what one of their bytes inverted does.
    private func written() throws -> (SegmentFixture, SegmentWriter, [UInt64]) {
        let fixture = try SegmentFixture()
        let writer = try fixture.writer()
        var offsets: [UInt64] = []
        for number in 1...3 { offsets.append(try writer.append([SegmentFixture.record(number)])[0].offset) }
        return (fixture, writer, offsets)
    }

    @Test("every byte of a record inverted: its neighbours are read, it is not", arguments: 0..<240)
    func flips(position: UInt64) throws {
        let (fixture, writer, offsets) = try written()
        guard offsets[1] + position < offsets[2] else { return }
        fixture.disk.flip(fixture.directory.segment(1), at: offsets[1] + position)
        let items = try fixture.reader(1).items(to: writer.synced, verifyingContent: true)
        let found = items.compactMap { $0.record?.location.offset }
        #expect(found.contains(offsets[0]) && found.contains(offsets[2]))
        if found.contains(offsets[1]) {
            // The padding behind the record belongs to nothing.
            #expect(position >= offsets[2] - offsets[1] - 7)
        } else {
            #expect(items.compactMap(\.damage).map(\.range) == [offsets[1]..<offsets[2]])
        }
    }

    @Test("a record within a message is never taken for one")
    func planted() throws {
        let fixture = try SegmentFixture()
        let other = try fixture.writer()
        let victim = try fixture.writer()
        let inner = try other.append([SegmentFixture.record(66)])[0]
        let forged = try fixture.fileSystem.open(fixture.directory.segment(1), .read).read(Int(inner.length), at: inner.offset)
        var body: [UInt8] = []
        for _ in 0..<20 { body += forged }
        let record = NewRecord(
            envelope: SegmentFixture.envelope(1), headerBlock: Array("Subject: x\r\n\r\n".utf8), body: .inline(body),
            hasDotLines: false)
        let start = try victim.append([record])[0].offset
        fixture.disk.flip(fixture.directory.segment(2), at: start + 21)
        #expect(try fixture.reader(2).items(to: victim.synced).compactMap(\.record).isEmpty)
    }

    @Test("a damaged header of the segment is an error, not an empty segment", arguments: 0..<64)
    func header(position: UInt64) throws {
        let (fixture, _, _) = try written()
        fixture.disk.flip(fixture.directory.segment(1), at: position)
        #expect(throws: SegmentError.self) { try fixture.reader(1) }
    }

    @Test("one record can be read by its offset, and only by that")
    func single() throws {
        let (fixture, _, offsets) = try written()
        let reader = try fixture.reader(1)
        #expect(try reader.record(at: offsets[1]).location.offset == offsets[1])
        #expect(throws: SegmentError.self) { try reader.record(at: offsets[1] + 8) }
        #expect(throws: SegmentError.self) { try reader.record(at: UInt64.max - 7) }
    }
}

@Suite("the tail of a segment")
struct SegmentTailTests {
    @Test("a living owner keeps its tail to itself")
    func owned() throws {
        let fixture = try SegmentFixture()
        let writer = try fixture.writer()
        _ = try writer.append([SegmentFixture.record(1)])
        #expect(try fixture.reader(1).takeOver(from: SegmentHeader.blockLength) == nil)
        writer.close()
        let tail = try #require(try fixture.reader(1).takeOver(from: SegmentHeader.blockLength))
        #expect(tail.records.count == 1 && tail.end == writer.synced && tail.damaged.isEmpty && tail.torn.isEmpty)
    }

    @Test("a torn last batch is no damage", arguments: 0..<40)
    func torn(seed: UInt64) throws {
        let fixture = try SegmentFixture(seed: seed)
        let writer = try fixture.writer()
        _ = try writer.append([SegmentFixture.record(1), SegmentFixture.record(2)])
        let acknowledged = writer.synced
        // The write is done, the sync is not.
        fixture.disk.faults.powerCutAfter = fixture.disk.operations + 1
        #expect(throws: SystemError.self) {
            try writer.append((3...8).map { SegmentFixture.record($0, body: String(repeating: "x", count: 300)) })
        }
        fixture.fileSystem.kill()
        fixture.disk.restart(.chance)
        let tail = try #require(try fixture.reader(1).takeOver(from: SegmentHeader.blockLength))
        #expect(tail.damaged.isEmpty)
        #expect(tail.records.filter { $0.location.offset < acknowledged }.count == 2)
        #expect(tail.torn.allSatisfy { $0.lowerBound >= acknowledged })
    }

    @Test("what a failed sync lost is not believed because it is still in memory")
    func lostPages() throws {
        let fixture = try SegmentFixture()
        let writer = try fixture.writer()
        _ = try writer.append([SegmentFixture.record(1)])
        let good = writer.synced
        fixture.disk.faults.failingSyncs = [fixture.disk.syncs]
        #expect(throws: SystemError.self) {
            try writer.append([SegmentFixture.record(2, body: String(repeating: "y", count: 9000))])
        }
        fixture.fileSystem.kill()
        let tail = try #require(try fixture.reader(1).takeOver(from: SegmentHeader.blockLength))
        #expect(tail.end == good && tail.records.count == 1)
    }
}
