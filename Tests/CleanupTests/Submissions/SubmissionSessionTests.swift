import Configuration
import Glibc
import Mail
import NIOCore
import Platform
import Routing
import Spool
import Testing
import Wire

@testable import Cleanup
@testable import DaemonKit

/// cleanup without its process: real lanes and files in a directory of their own, and a submitter at the other end of a socket.
@EventLoopActor
final class CleanupFixture {
    let root: String
    let directory: SpoolDirectory
    let fileSystem = POSIXFileSystem()
    let group: GroupCommit
    let intake: MessageIntake
    let announcer: ArrivalAnnouncer

    init(messageSizeLimit: UInt64 = 10_240_000, minimumFree: UInt64 = 0) throws {
        var template = Array("/tmp/martlet-cleanup-XXXXXX\0".utf8CString)
        root = try #require(unsafe mkdtemp(&template).map { unsafe String(cString: $0) })
        let directory = SpoolDirectory(path: root)
        self.directory = directory
        try directory.prepare(fileSystem)
        let time = SystemTime()
        let entropy = SystemEntropy()
        let fileSystem = fileSystem
        let space = SpaceGauge(path: root, minimum: minimumFree, fileSystem: fileSystem, time: time)
        announcer = ArrivalAnnouncer(path: root + "/qmgr")
        group = GroupCommit(
            lanes: (0..<2).map { _ in
                CommitLane(directory: directory, fileSystem: fileSystem, time: time, entropy: entropy, space: space)
            }, announcer: announcer)
        let configuration = Configuration(directory: "/", settings: ["myhostname": .init("mx.example.test")])
        let settings = CleanupSettings(
            messageSizeLimit: messageSizeLimit, minimumFree: minimumFree, inflowDelay: 0, headers: .init(),
            duplicateLimit: 1000,
            usesOriginal: true, alwaysBcc: nil)
        intake = MessageIntake(
            settings: settings,
            preparation: MessagePreparation(recipients: RecipientPreparation(rewriter: try AddressRewriter(configuration))),
            group: group, announcer: announcer
        ) { isInternal in
            LargeContentJob(directory: directory, fileSystem: fileSystem, entropy: entropy, space: isInternal ? nil : space)
        }
    }

    func submitter() async throws -> WireConnection {
        var pair: [Int32] = [0, 0]
        try #require(unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0)
        intake.accept(try await WireEndpoints.adopt(pair[0]))
        return try await WireEndpoints.adopt(pair[1])
    }

    func submission(_ content: [UInt8]?, _ number: UInt64 = 1, flags: Submission.Flags = []) -> Submission {
        Submission(
            envelope: Envelope(
                queueID: QueueID(microseconds: 1_700_000_000_000_000, unique: number),
                sender: ReversePath(internal: "s@client.test"),
                recipients: [EnvelopeRecipient(EmailAddress(internal: "r@remote.test"))], arrival: 1_700_000_000_000_000),
            flags: flags, prepended: Array("Received: by us\r\n".utf8), contentLength: content.map { UInt32($0.count) })
    }

    /// What is on the disk: contents by queue ID. Ends the lanes first.
    func stored() async throws -> [QueueID: [UInt8]] {
        await group.stop()
        let reader = ContentReader(queueDirectory: root, fileSystem: fileSystem)
        var contents: [QueueID: [UInt8]] = [:]
        for number in try directory.segmentNumbers(fileSystem) {
            let segment = try SegmentReader(number, in: directory, fileSystem: fileSystem)
            let tail = try #require(try segment.takeOver(from: SegmentHeader.blockLength))
            #expect(tail.damaged.isEmpty && tail.torn.isEmpty)
            for record in tail.records {
                guard case .envelope(let envelope) = try EnvelopeCoding.decode(record.envelope) else { continue }
                var stream = try reader.open(record.content)
                var bytes: [UInt8] = []
                while let chunk = try stream.next() { bytes += chunk }
                #expect(envelope.size == UInt64(bytes.count))
                contents[envelope.queueID] = bytes
            }
            segment.close()
        }
        return contents
    }

    deinit {
        for directory in [directory.segments, directory.large, directory.journal, directory.index, directory.quarantine] {
            for name in (try? fileSystem.list(directory)) ?? [] { try? fileSystem.unlink(directory + "/" + name) }
            unsafe rmdir(directory)
        }
        unsafe rmdir(root)
    }
}

@Suite("a submitter's connection")
@EventLoopActor
struct SubmissionSessionTests {
    private let limit = Duration.seconds(20)

    private func result(_ connection: WireConnection) async throws -> SubmissionResult.Verdict {
        try await connection.receive(SubmissionResult.self, within: limit).0.verdict
    }

    @Test("small messages, one after the other on one connection and several at once")
    func small() async throws {
        let fixture = try CleanupFixture()
        let connections = [try await fixture.submitter(), try await fixture.submitter(), try await fixture.submitter()]
        let content = Array("Subject: x\r\n\r\nbody\r\n".utf8)
        for round in 0..<4 {
            for (index, connection) in connections.enumerated() {
                connection.send(fixture.submission(content, UInt64(round * 10 + index)), payload: ByteBuffer(bytes: content))
            }
            for connection in connections { #expect(try await result(connection) == .accepted) }
        }
        let stored = try await fixture.stored()
        #expect(stored.count == 12)
        #expect(Set(stored.values) == [Array("Received: by us\r\nSubject: x\r\n\r\nbody\r\n".utf8)])
    }

    @Test("a streamed message, small or large, is stored as it came", arguments: [0, 1000, (1 << 20) + 5, 6_000_000])
    func streamed(size: Int) async throws {
        let fixture = try CleanupFixture()
        let connection = try await fixture.submitter()
        let line = Array("0123456789 0123456789 0123456789 0123456789\r\n".utf8)
        var content = Array("Subject: x\r\n\r\n".utf8)
        while content.count < size { content += line }
        connection.send(fixture.submission(nil))
        for start in stride(from: 0, to: content.count, by: 300_000) {
            connection.send(ContentChunk(), payload: ByteBuffer(bytes: content[start..<min(start + 300_000, content.count)]))
        }
        connection.send(ContentEnd(complete: true))
        #expect(try await result(connection) == .accepted)
        #expect(
            try await fixture.stored() == [
                fixture.submission(nil).envelope.queueID: Array("Received: by us\r\n".utf8) + content
            ])
        #expect(try fixture.fileSystem.list(fixture.directory.large).count == (size > 1 << 20 ? 1 : 0))
    }

    @Test("a stream that is given up, or whose submitter vanishes, leaves nothing", arguments: [true, false])
    func givenUp(politely: Bool) async throws {
        let fixture = try CleanupFixture()
        let connection = try await fixture.submitter()
        connection.send(fixture.submission(nil))
        connection.send(ContentChunk(), payload: ByteBuffer(string: "Subject: x\r\n\r\n"))
        connection.send(ContentChunk(), payload: ByteBuffer(bytes: [UInt8](repeating: 0x61, count: 2_000_000)))
        if politely {
            connection.send(ContentEnd(complete: false))
            let content = Array("Subject: y\r\n\r\n".utf8)
            connection.send(fixture.submission(content, 2), payload: ByteBuffer(bytes: content))
            #expect(try await result(connection) == .accepted)
            #expect(try await fixture.stored().count == 1)
        } else {
            try await connection.drain()
            connection.close()
            while !fixture.intake.isIdle { await EventLoopActor.sleep(for: .milliseconds(5)) }
            #expect(try await fixture.stored().isEmpty)
        }
        while try !fixture.fileSystem.list(fixture.directory.large).isEmpty {
            await EventLoopActor.sleep(for: .milliseconds(5))
        }
    }

    @Test("over message_size_limit: 552 at once, the rest is thrown away, and the connection goes on")
    func tooLarge() async throws {
        let fixture = try CleanupFixture(messageSizeLimit: 100_000)
        let connection = try await fixture.submitter()
        let refused = SubmissionResult.Verdict.refused(
            reply: 552, status: EnhancedStatus(.permanent, 3, 4), text: "Error: message file too big")
        connection.send(fixture.submission(nil))
        for _ in 0..<5 { connection.send(ContentChunk(), payload: ByteBuffer(bytes: [UInt8](repeating: 0x61, count: 40_000))) }
        #expect(try await result(connection) == refused)
        connection.send(ContentEnd(complete: true))
        let long = Array("Subject: y\r\n\r\n".utf8) + [UInt8](repeating: 0x61, count: 100_000)
        connection.send(fixture.submission(long, 2), payload: ByteBuffer(bytes: long))
        #expect(try await result(connection) == refused)
        let content = Array("Subject: y\r\n\r\n".utf8)
        connection.send(fixture.submission(content, 3), payload: ByteBuffer(bytes: content))
        #expect(try await result(connection) == .accepted)
        #expect(try await fixture.stored().count == 1)
    }

    @Test("a disk with less room than queue_minfree: 452, but a bounce gets through", arguments: [true, false])
    func noSpace(streams: Bool) async throws {
        let fixture = try CleanupFixture(minimumFree: .max)
        let connection = try await fixture.submitter()
        let content = Array("Subject: y\r\n\r\n".utf8) + [UInt8](repeating: 0x61, count: streams ? 2_000_000 : 10)
        func send(_ number: UInt64, _ flags: Submission.Flags) {
            if streams {
                connection.send(fixture.submission(nil, number, flags: flags))
                connection.send(ContentChunk(), payload: ByteBuffer(bytes: content))
                connection.send(ContentEnd(complete: true))
            } else {
                connection.send(fixture.submission(content, number, flags: flags), payload: ByteBuffer(bytes: content))
            }
        }
        send(1, [])
        #expect(
            try await result(connection)
                == .refused(reply: 452, status: EnhancedStatus(.temporary, 3, 1), text: "Insufficient system storage"))
        send(2, .internalOrigin)
        #expect(try await result(connection) == .accepted)
        #expect(try await fixture.stored().count == 1)
    }

    @Test("nonsense closes the connection and stores nothing")
    func malformed() async throws {
        let fixture = try CleanupFixture()
        let content = Array("Subject: y\r\n\r\n".utf8)
        for attempt in 0..<4 {
            let connection = try await fixture.submitter()
            switch attempt {
            case 0: connection.send(ContentEnd(complete: true))
            case 1: connection.send(fixture.submission(content), payload: ByteBuffer(string: "other length"))
            case 2:
                connection.send(fixture.submission(nil))
                connection.send(fixture.submission(nil))
            default: connection.channel.writeAndFlush(ByteBuffer(string: "GET / HTTP/1.0\r\n\r\n"), promise: nil)
            }
            await #expect(throws: WireFailure.self) { try await connection.receive(within: limit) }
        }
        #expect(try await fixture.stored().isEmpty)
    }
}
