import Mail
import Platform
import SimulatedPlatform
import Spool
import Testing
import Wire

@Suite("contents")
struct ContentTests {
    private func all(_ stream: ContentStream, maximum: Int) throws -> [UInt8] {
        var stream = stream
        var bytes: [UInt8] = []
        while let chunk = try stream.next(maximum: maximum) {
            #expect(!chunk.isEmpty && chunk.count <= max(maximum, 1))
            bytes += chunk
        }
        return bytes
    }

    @Test("header block and body come in a row, in chunks of every size", arguments: [1, 5, 16, 17, 100, 4096, 1 << 20])
    func chunks(maximum: Int) throws {
        let fixture = try SegmentFixture()
        let body = String(repeating: "0123456789\r\n", count: 300)
        let arrived = try fixture.writer().append([SegmentFixture.record(1, body: body)])[0]
        let reader = ContentReader(queueDirectory: "/spool", fileSystem: fixture.disk.process())
        #expect(try all(try reader.open(arrived.content), maximum: maximum) == Array("Subject: 1\r\n\r\n\(body)".utf8))
        #expect(try reader.loadHeader(arrived.content) == Array("Subject: 1\r\n\r\n".utf8))
        #expect(try reader.load(arrived.content, limit: 10) == nil)
        #expect(try reader.load(arrived.content)?.count == Int(arrived.content.size))
    }

    @Test("a content without a body, or without headers", arguments: [("", ""), ("A: b\r\n\r\n", ""), ("", "x")])
    func empty(header: String, body: String) throws {
        let fixture = try SegmentFixture()
        let record = NewRecord(
            envelope: SegmentFixture.envelope(1), headerBlock: Array(header.utf8), body: .inline(Array(body.utf8)),
            hasDotLines: false)
        let arrived = try fixture.writer().append([record])[0]
        let reader = ContentReader(queueDirectory: "/spool", fileSystem: fixture.disk.process())
        for maximum in [1, 100] {
            #expect(try all(try reader.open(arrived.content), maximum: maximum) == Array((header + body).utf8))
        }
    }

    @Test("a content that does not verify is never given to its end", arguments: [1, 64, 1 << 20], [0, 13, 14, 100, 3613])
    func damage(maximum: Int, position: UInt64) throws {
        let fixture = try SegmentFixture()
        let arrived = try fixture.writer().append([SegmentFixture.record(1, body: String(repeating: "x", count: 3600))])[0]
        fixture.disk.flip(fixture.directory.segment(1), at: arrived.content.header.offset + position)
        let reader = ContentReader(queueDirectory: "/spool", fileSystem: fixture.disk.process())
        #expect(throws: ContentError.damaged(path: "segments/0000000000000001.seg")) {
            try all(try reader.open(arrived.content), maximum: maximum)
        }
    }

    @Test("a large body lies in a file of its own")
    func large() throws {
        let fixture = try SegmentFixture()
        let large = try LargeContentWriter(
            in: fixture.directory, fileSystem: fixture.fileSystem, entropy: fixture.entropy)
        for _ in 0..<100 { try large.append([UInt8](repeating: 0x61, count: 30_000)) }
        let content = try large.finish()
        let record = NewRecord(
            envelope: SegmentFixture.envelope(1), headerBlock: Array("A: b\r\n\r\n".utf8), body: .large(content),
            hasDotLines: false)
        let arrived = try fixture.writer().append([record])[0]
        large.close()
        let reader = ContentReader(queueDirectory: "/spool", fileSystem: fixture.disk.process())
        #expect(arrived.content.size == 3_000_008)
        #expect(try all(try reader.open(arrived.content), maximum: 65_536).count == 3_000_008)
        #expect(try fixture.reader(1).record(at: arrived.offset).large == content.name)
        fixture.disk.flip(fixture.directory.largeContent(content.name), at: 2_999_999)
        #expect(throws: ContentError.self) { try all(try reader.open(arrived.content), maximum: 65_536) }
    }

    @Test("a file that is gone is no delivery failure; names lead nowhere else")
    func gone() throws {
        let fixture = try SegmentFixture()
        let reader = ContentReader(queueDirectory: "/spool", fileSystem: fixture.fileSystem)
        let extent = ContentExtent(offset: 0, length: 1, crc: 0, seed: 0)
        for name in ["segments/0000000000000001.seg", "/etc/passwd", "segments/../../etc/passwd", ""] {
            let content = ContentLocation(file: name, header: extent, body: extent, bodyFile: nil, hasDotLines: false)
            #expect(throws: ContentError.gone(path: name)) { try reader.open(content) }
        }
    }

    @Test("descriptors are few, and closed when their file is retired")
    func descriptors() throws {
        let fixture = try SegmentFixture()
        let process = fixture.disk.process()
        let reader = ContentReader(queueDirectory: "/spool", fileSystem: process, maximumDescriptors: 2)
        for number in 1...5 {
            let arrived = try fixture.writer().append([SegmentFixture.record(number)])[0]
            _ = try reader.load(arrived.content)
            #expect(process.openFiles <= 2)
        }
        reader.retire(["segments/0000000000000005.seg"])
        #expect(process.openFiles == 1)
    }

    @Test("a large content without a record goes at the second look, one that is being written stays")
    func sweep() throws {
        let fixture = try SegmentFixture()
        let orphan = try LargeContentWriter(in: fixture.directory, fileSystem: fixture.fileSystem, entropy: fixture.entropy)
        orphan.close()
        let writing = try LargeContentWriter(in: fixture.directory, fileSystem: fixture.fileSystem, entropy: fixture.entropy)
        let named = try LargeContentWriter(in: fixture.directory, fileSystem: fixture.fileSystem, entropy: fixture.entropy)
        named.close()
        var sweep = LargeContentSweep()
        let process = fixture.disk.process()
        func look() throws -> [SegmentNonce] {
            try sweep.look(in: fixture.directory, fileSystem: process) { $0 == named.name }
        }
        #expect(try look() == [])
        #expect(try look() == [orphan.name])
        #expect(try look() == [])
        writing.abandon()
        #expect(try fixture.fileSystem.list(fixture.directory.large).count == 1)
    }
}
