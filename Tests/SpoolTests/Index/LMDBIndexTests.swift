import Glibc
import Mail
import Platform
import Testing

@testable import Spool

/// Against a real LMDB environment, and each test also against the twin of the simulation.
@Suite("the index")
struct LMDBIndexTests {
    /// A directory that goes away with the test.
    final class Scratch {
        let path: String
        init() throws {
            var template = "/tmp/martlet-index-XXXXXX".utf8.map { CChar(bitPattern: $0) } + [0]
            let made = unsafe template.withUnsafeMutableBufferPointer { buffer in
                guard let start = buffer.baseAddress else { return false }
                return unsafe mkdtemp(start) != nil
            }
            guard made else { throw FixtureError("mkdtemp") }
            path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        deinit {
            let files = POSIXFileSystem()
            for name in (try? files.list(path)) ?? [] { try? files.unlink(path + "/" + name) }
            unsafe rmdir(path)
        }
    }

    private func withEach(_ body: (any QueueIndex) throws -> Void) throws {
        let scratch = try Scratch()
        let index = LMDBIndex(directory: scratch.path)
        try index.open()
        try body(index)
        try body(MemoryIndex())
    }

    @Test("rows are ordered, replaced and deleted; a failed transaction changes nothing")
    func rows() throws {
        try withEach { index in
            try index.write { writer throws(IndexError) in
                for byte in [UInt8(3), 1, 200, 2] { try writer.put(.due, [byte], [byte, byte]) }
                try writer.put(.due, [2], [9])
                try writer.delete(.due, [1])
                try writer.delete(.due, [77])
                try writer.put(.sites, [5], [])
            }
            #expect(throws: IndexError.failed("no")) {
                try index.write { writer throws(IndexError) in
                    try writer.put(.due, [4], [])
                    throw .failed("no")
                }
            }
            let found = try index.read { reader throws(IndexError) in
                var rows: [[UInt8]] = []
                try reader.scan(.due, from: [2]) { key, value throws(IndexError) in
                    rows.append(key + value)
                    return key != [3]
                }
                return rows
            }
            #expect(found == [[2, 9], [3, 3, 3]])
            #expect(try index.read { reader throws(IndexError) in try reader.count(.due) } == 3)
            #expect(try index.read { reader throws(IndexError) in try reader.value(.sites, [5]) } == [])
            #expect(try index.read { reader throws(IndexError) in try reader.value(.sites, [6]) } == nil)
        }
    }

    @Test("rows survive closing; a reader of another process sees committed rows only")
    func reopening() throws {
        let scratch = try Scratch()
        let index = LMDBIndex(directory: scratch.path)
        try index.open()
        try index.write { writer throws(IndexError) in try writer.put(.meta, [1], [2]) }
        try index.force()
        index.close()
        var options = LMDBIndex.Options()
        options.isReadOnly = true
        let reader = LMDBIndex(directory: scratch.path, options: options)
        try reader.open()
        #expect(try reader.read { reader throws(IndexError) in try reader.value(.meta, [1]) } == [2])
        #expect(throws: IndexError.self) {
            try reader.write { writer throws(IndexError) in try writer.put(.meta, [1], [3]) }
        }
    }

    @Test("a flipped bit in a value is damage, and a reset mends it")
    func checksum() throws {
        let scratch = try Scratch()
        let index = LMDBIndex(directory: scratch.path)
        try index.open()
        let value = Array("a value that is easily found".utf8)
        try index.write { writer throws(IndexError) in try writer.put(.messages, [1], value) }
        index.close()
        try flip(value, in: scratch.path + "/data.mdb")
        try index.open()
        #expect(throws: IndexError.damaged("a value of messages fails its checksum")) {
            try index.read { reader throws(IndexError) in _ = try reader.value(.messages, [1]) }
        }
        try index.reset()
        #expect(try index.read { reader throws(IndexError) in try reader.count(.messages) } == 0)
    }

    private func flip(_ text: [UInt8], in path: String) throws {
        let file = try POSIXFileSystem().open(path, .readWrite)
        defer { file.close() }
        let bytes = try file.readAll()
        var found = 0
        for start in 0..<(bytes.count - text.count)
        where bytes[start] == text[0] && bytes[start..<start + text.count] == text[...] {
            try file.write([bytes[start] ^ 1], at: UInt64(start))
            found += 1
        }
        #expect(found > 0)
    }

    @Test("a file that is no environment is damage, and a reset mends it")
    func noEnvironment() throws {
        let scratch = try Scratch()
        let file = try POSIXFileSystem().open(scratch.path + "/data.mdb", .createNew(permissions: 0o600))
        try file.write([UInt8](repeating: 0x5a, count: 1 << 16), at: 0)
        file.close()
        let index = LMDBIndex(directory: scratch.path)
        #expect {
            try index.open()
        } throws: { error in
            if case .damaged = error as? IndexError { true } else { false }
        }
        try index.reset()
        try index.write { writer throws(IndexError) in try writer.put(.meta, [1], [2]) }
    }

    @Test("keys sort as their numbers do, and come back")
    func keys() {
        let times: [Int64] = [.min, -5, 0, 1, 1_700_000_000, .max]
        let keys = times.map { IndexKeys.due($0, RecordKey(segment: 3, offset: 8)) }
        #expect(keys.map { IndexKeys.dueTime(in: $0) } == times)
        for (left, right) in zip(keys, keys.dropFirst()) { #expect(left.lexicographicallyPrecedes(right)) }
        #expect(IndexKeys.record(in: keys[1]) == RecordKey(segment: 3, offset: 8))
        #expect(IndexKeys.ordinal(in: IndexKeys.recipient(RecordKey(segment: 3, offset: 8), 49_999)) == 49_999)
        #expect(IndexKeys.digest(of: "Example.TEST") == IndexKeys.digest(of: "example.test"))
    }

    @Test("rows are read as they were written, and never trap on less", arguments: 0..<200)
    func decoding(length: Int) throws {
        let message = MessageRow(
            nonce: SegmentNonce(high: 1, low: 2), queueID: QueueID(microseconds: 5, unique: 6), sender: .null, arrival: 7,
            size: 8,
            recipientCount: 9, place: .hold, isExpired: true, nextAttempt: nil, putBack: 10, restorableUntil: .min,
            bodyFile: "large/x")
        let recipient = RecipientRow(flags: [.held, .expired], address: "a@b", original: "", site: 3, status: busy)
        let segment = SegmentRow(nonce: message.nonce, readOffset: 1, highWater: 2, sealedEnd: 3, live: 4)
        #expect(try MessageRow.decode(message.bytes) == message)
        #expect(try RecipientRow.decode(recipient.bytes) == recipient)
        #expect(try SegmentRow.decode(segment.bytes) == segment)
        if length < message.bytes.count {
            #expect(throws: IndexError.self) { try MessageRow.decode(Array(message.bytes[..<length])) }
        }
        if length < recipient.bytes.count {
            #expect(throws: IndexError.self) { try RecipientRow.decode(Array(recipient.bytes[..<length])) }
        }
        if length < segment.bytes.count {
            #expect(throws: IndexError.self) { try SegmentRow.decode(Array(segment.bytes[..<length])) }
        }
    }
}
