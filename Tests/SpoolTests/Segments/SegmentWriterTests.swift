import Mail
import Platform
import SimulatedPlatform
import Spool
import Testing
import Wire

@Suite("appending to a segment")
struct SegmentWriterTests {
    @Test("what was appended is read again, in order, at the offsets that were announced")
    func roundTrip() throws {
        let fixture = try SegmentFixture()
        let writer = try fixture.writer()
        let first = try writer.append([SegmentFixture.record(1), SegmentFixture.record(2, body: "odd")])
        let second = try writer.append([SegmentFixture.record(3, body: String(repeating: "x", count: 5000), recipients: 7)])
        let items = try fixture.reader(1).items(to: writer.synced, verifyingContent: true)
        let records = items.compactMap(\.record)
        #expect(records.count == 3 && items.count == 3)
        for (arrived, record) in zip(first + second, records) {
            #expect(arrived.offset == record.location.offset && arrived.offset % 8 == 0)
            #expect(arrived.length == record.length)
            #expect(arrived.envelope == record.envelope)
            #expect(arrived.content == record.content)
            #expect(record.location.nonce == writer.identity.nonce)
        }
        #expect(records.map(\.recipientCount) == [1, 1, 7])
        #expect(records.map(\.batchStart) == [first[0].offset, first[0].offset, second[0].offset])
        #expect(try EnvelopeCoding.decode(records[2].envelope) == .envelope(SegmentFixture.envelope(3, recipients: 7)))
        #expect(records[2].end == writer.synced)
    }

    @Test("a batch is one write and one sync")
    func oneSync() throws {
        let fixture = try SegmentFixture()
        let writer = try fixture.writer()
        let before = (fixture.disk.writes, fixture.disk.syncs)
        _ = try writer.append((0..<20).map { SegmentFixture.record($0) })
        #expect(fixture.disk.writes == before.0 + 1 && fixture.disk.syncs == before.1 + 1)
    }

    @Test("numbers go up, and beyond those of done lists whose segment is gone")
    func numbers() throws {
        let fixture = try SegmentFixture()
        #expect(try fixture.writer().identity.number == 1)
        #expect(try fixture.writer().identity.number == 2)
        _ = try fixture.fileSystem.open(fixture.directory.doneList(9), .createNew(permissions: 0o600))
        #expect(try fixture.writer().identity.number == 10)
    }

    @Test("a failed write or sync condemns the segment at its last good offset", arguments: [true, false])
    func condemned(failsWrite: Bool) throws {
        let fixture = try SegmentFixture()
        let writer = try fixture.writer()
        _ = try writer.append([SegmentFixture.record(1)])
        let good = writer.synced
        if failsWrite {
            fixture.disk.faults.failingWrites = [fixture.disk.writes]
        } else {
            fixture.disk.faults.failingSyncs = [fixture.disk.syncs]
        }
        #expect(throws: SystemError.self) { try writer.append([SegmentFixture.record(2)]) }
        #expect(writer.synced == good && writer.room == 0)
        guard case .condemned = writer.state else {
            Issue.record("the segment goes on after a failure")
            return
        }
    }

    @Test("a disk without room gives ENOSPC and leaves no file")
    func full() throws {
        let fixture = try SegmentFixture(capacity: 10_000)
        #expect { try fixture.writer(capacity: 1 << 20) } throws: { ($0 as? SystemError)?.code == SystemError.noSpace }
        #expect(try fixture.fileSystem.list(fixture.directory.segments).isEmpty)
        #expect(fixture.fileSystem.openFiles == 0)
        #expect(try fixture.writer(capacity: 8192).room == 4096)
    }

    @Test("a large message gets a segment that is large enough")
    func room() throws {
        let fixture = try SegmentFixture()
        let record = SegmentFixture.record(1, body: String(repeating: "x", count: 100_000))
        let writer = try fixture.writer(capacity: 8192, room: record.storedLength)
        #expect(try writer.append([record]).count == 1)
        #expect(writer.room == 0)
    }
}
