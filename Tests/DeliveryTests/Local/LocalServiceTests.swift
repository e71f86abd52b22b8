import Configuration
import DaemonKit
import Foundation
import Glibc
import Mail
import NIOCore
import NIOPosix
import Platform
import Spool
import Testing
import Wire

@testable import LocalDelivery

/// The whole of local with real deliverers, over sockets, as qmgr sees it. As root the user is nobody, else the test's own.
@EventLoopActor
struct LocalServiceTests {
    private let directory: TemporaryDirectory
    private let user: String
    private let isRoot = geteuid() == 0

    init() throws {
        directory = try TemporaryDirectory()
        let found = isRoot ? try UserAccount.named("nobody") : try UserAccount.numbered(geteuid())
        let account = try #require(found)
        user = account.name
        let path = directory.path
        #expect(unsafe chown(path, account.user, account.group) == 0)
        #expect(unsafe chmod(path, 0o755) == 0)
    }

    /// Where `swift build` puts the programs, beside this test.
    private var programs: String {
        let test = CommandLine.arguments[0]
        return test.hasPrefix("/") ? String(test[..<(test.lastIndex(of: "/") ?? test.endIndex)]) : ".build/debug"
    }

    /// One connection of a queue manager to a running service.
    @EventLoopActor
    final class Session {
        let service: LocalService
        let qmgr: WireConnection
        private var number: UInt64 = 0

        init(service: LocalService, qmgr: WireConnection) {
            self.service = service
            self.qmgr = qmgr
        }

        func deliver(_ content: ContentLocation, to recipients: [String], sender: String = "s@remote.test") async throws
            -> [DeliveryStatus]
        {
            number += 1
            let envelope = Envelope(
                queueID: QueueID(microseconds: 1, unique: number), sender: ReversePath(internal: sender), recipients: [],
                arrival: 1)
            qmgr.send(
                DeliveryRequest(
                    delivery: number,
                    location: RecordLocation(segment: 1, nonce: SegmentNonce(high: 1, low: 1), offset: number * 64),
                    content: content, nextHop: "mx.example.test", envelope: envelope,
                    recipients: recipients.enumerated().map {
                        RequestedRecipient(ordinal: UInt32($0), recipient: EnvelopeRecipient(EmailAddress(internal: $1)))
                    }, activated: 2, dispatched: 3))
            var reports: [RecipientReport] = []
            while true {
                let (message, _) = try await qmgr.receive(DeliveryReports.self, within: .seconds(20))
                reports += message.reports
                if message.finished { break }
            }
            qmgr.send(ReportsJournalled(delivery: number))
            return reports.sorted { $0.ordinal < $1.ordinal }.map(\.status)
        }

        func end() async {
            qmgr.close()
            await service.stop()
        }
    }

    private func session(
        _ values: [String: String] = [:], aliases: [(String, String)] = [], cleanup: FakeCleanup? = nil
    ) async throws -> Session {
        var settings = ["daemon_directory": programs, "mail_spool_directory": directory.path + "/", "deliver_lock_delay": "1s"]
        settings.merge(values) { $1 }
        let service = LocalService(
            settings: try localSettings(aliases, settings), lease: 1, configurationDirectory: "/nowhere",
            spool: directory.path, cleanup: cleanup?.path ?? "/nonexistent")
        let configuration = Configuration(directory: "/nowhere", settings: [:])
        try await service.start(
            DaemonContext(
                startup: Startup(
                    configuration: configuration, serviceName: "local", lease: 1, queueDirectory: "", dataDirectory: "")))
        let listener = UnixListener()
        try await service.listen(on: listener.descriptor)
        let qmgr = try await WireEndpoints.connect(to: listener.path)
        _ = try await qmgr.receive(AgentReady.self, within: .seconds(5))
        return Session(service: service, qmgr: qmgr)
    }

    private static let header = "From: s@remote.test\r\nSubject: hello\r\n\r\n"

    @Test("to a maildir: headers in front, LF, read by Python's mailbox module")
    func maildir() async throws {
        let session = try await session()
        let content = try directory.store(Self.header, "the body\r\nFrom here\r\n")
        let statuses = try await session.deliver(content, to: [user + "@example.test"])
        #expect(statuses.map(\.text) == ["delivered to maildir"])
        await session.end()
        let names = try directory.list(user + "/new")
        #expect(names.count == 1)
        let text = try directory.read(user + "/new/" + names[0])
        #expect(
            text == "Return-Path: <s@remote.test>\nX-Original-To: \(user)@example.test\nDelivered-To: \(user)@example.test\n"
                + "From: s@remote.test\nSubject: hello\n\nthe body\nFrom here\n")
        #expect(try directory.list(user + "/tmp").isEmpty)
        #expect(
            try python("print([m['Subject'] for m in mailbox.Maildir('\(directory.path)/\(user)', create=False)])")
                == "['hello']")
    }

    @Test("to an mbox: quoted, locked, appended to, read by Python's mailbox module")
    func mbox() async throws {
        let session = try await session(["mail_spool_directory": directory.path])
        for text in ["one\r\nFrom here\r\n", "two"] {
            let statuses = try await session.deliver(try directory.store(Self.header, text), to: [user + "@example.test"])
            #expect(statuses.map(\.text) == ["delivered to mailbox"])
        }
        await session.end()
        let text = try directory.read(user)
        #expect(text.hasPrefix("From s@remote.test  "))
        #expect(text.contains("\none\n>From here\n\nFrom s@remote.test  "))
        #expect(text.hasSuffix("\ntwo\n\n"))
        #expect(
            try python("print([m.get_payload() for m in mailbox.mbox('\(directory.path)/\(user)')])")
                == "['one\\n>From here\\n', 'two\\n']")
    }

    @Test("a mailbox over its limit, one that is a link or a FIFO, one with hard links, one of somebody else")
    func refusals() async throws {
        let session = try await session(["mail_spool_directory": directory.path, "mailbox_size_limit": "100"])
        let content = try directory.store(Self.header, "body\r\n")
        let box = directory.path + "/" + user
        let address = user + "@example.test"
        var status = try await session.deliver(content, to: [address])[0]
        #expect(status.code == EnhancedStatus(.permanent, 2, 2))
        #expect(status.text == "cannot update mailbox \(box) for user \(user). error writing message: File too large")
        #expect(try directory.read(user).isEmpty)
        #expect(unsafe unlink(box) == 0 && symlink("/etc/passwd", box) == 0)
        status = try await session.deliver(content, to: [address])[0]
        #expect(status.text.hasSuffix("file is a symbolic link"))
        #expect(unsafe unlink(box) == 0 && mkfifo(box, 0o666) == 0)
        status = try await session.deliver(content, to: [address])[0]
        #expect(status.outcome == .bounced)
        #expect(unsafe unlink(box) == 0)
        try directory.write(user, "")
        #expect(unsafe link(box, box + ".other") == 0)
        if isRoot { #expect(unsafe chown(box, 65534, 65534) == 0) }
        status = try await session.deliver(content, to: [address])[0]
        #expect(status.text.contains("file has 2 hard links"))
        await session.end()
    }

    @Test("an alias: command, file, and the user's mailbox; a failing command says why")
    func alias() async throws {
        let out = directory.path + "/out"
        let session = try await session(aliases: [
            ("all", "\"|/bin/cat > \(out); echo $SENDER $LOCAL >> \(out)\", \(directory.path)/file, \(user)@example.test"),
            ("bad", "\"|echo 5.7.1 go away; exit 1\""), ("later", "\"|exit 75\""), ("killed", "\"|kill -9 $$\""),
            ("null", "/dev/null"),
        ])
        let content = try directory.store(Self.header, "body\r\n")
        let statuses = try await session.deliver(
            content,
            to: ["all@example.test", "bad@example.test", "later@example.test", "killed@example.test", "null@example.test"])
        #expect(statuses[0].outcome == .sent, "\(statuses[0].text)")
        #expect(statuses[1].code == EnhancedStatus(.permanent, 7, 1) && statuses[1].text == "go away")
        #expect(statuses[2].outcome == .deferred && statuses[2].text == "temporary failure")
        #expect(statuses[3].outcome == .deferred && statuses[3].text.hasPrefix("Command died with signal 9"))
        #expect(statuses[4].text == "delivered to file: /dev/null")
        await session.end()
        let text = try directory.read("out")
        #expect(text.hasPrefix("From s@remote.test  ") && text.contains("\nSubject: hello\n\nbody\ns@remote.test all\n"))
        #expect(try directory.read("file").contains("Delivered-To: all@example.test\n"))
        #expect(try directory.list(user + "/new").count == 1)
    }

    @Test("an alias to elsewhere: one message to cleanup, whose origin completes the recipient")
    func forward() async throws {
        let cleanup = FakeCleanup()
        try await cleanup.start()
        let session = try await session(aliases: [("away", "x@elsewhere.test, y@elsewhere.test")], cleanup: cleanup)
        let content = try directory.store(Self.header, "body\r\n")
        let status = try await session.deliver(content, to: ["away@example.test"])[0]
        let taken = try #require(cleanup.taken.first)
        #expect(status == DeliveryStatus(.expanded, .delivered, "forwarded as \(taken.submission.envelope.queueID)"))
        #expect(taken.submission.envelope.recipients.map(\.address.internalForm) == ["x@elsewhere.test", "y@elsewhere.test"])
        #expect(taken.submission.envelope.recipients[0].original?.internalForm == "away@example.test")
        #expect(taken.submission.envelope.origin?.purpose == .forward)
        #expect(taken.submission.envelope.origin?.recipients == [0])
        #expect(
            taken.text.contains("\r\nDelivered-To: away@example.test\r\nFrom: s@remote.test\r\nSubject: hello\r\n\r\nbody\r\n"))
        cleanup.verdicts = [.refused(reply: 451, status: EnhancedStatus(.temporary, 3, 0), text: "disk full")]
        let second = try await session.deliver(content, to: ["away@example.test"])[0]
        #expect(second.outcome == .deferred)
        await session.end()
    }

    @Test("a large message streams through, many at once overlap")
    func large() async throws {
        let session = try await session()
        let body = String(repeating: String(repeating: "x", count: 76) + "\r\n", count: 20_000)
        let large = try directory.store(Self.header, body, file: "large")
        let small = try directory.store(Self.header, "small\r\n")
        for _ in 0..<3 {
            let recipients = [user + "@example.test"]
            #expect(try await session.deliver(large, to: recipients)[0].outcome == .sent)
            #expect(try await session.deliver(small, to: recipients)[0].outcome == .sent)
        }
        await session.end()
        let names = try directory.list(user + "/new")
        #expect(names.count == 6)
        let sizes = try names.map { try directory.read(user + "/new/" + $0).utf8.count }
        #expect(sizes.filter { $0 > body.utf8.count - 20_000 }.count == 3)
    }

    @Test("small messages beside large ones to one user: no request comes between the parts of another")
    func besideLargeOnes() async throws {
        let body = String(repeating: String(repeating: "x", count: 76) + "\r\n", count: 10_000)
        let large = try directory.store(Self.header, body, file: "large")
        let account = try #require(try UserAccount.named(user))
        let pool = NIOThreadPool(numberOfThreads: 1)
        pool.start()
        let deliverers = DelivererPool(
            settings: try localSettings([], ["daemon_directory": programs]), configurationDirectory: "/nowhere", pool: pool)
        let reader = ContentReader(queueDirectory: directory.path, fileSystem: POSIXFileSystem())
        let work = MailboxWork(
            target: .maildir(path: directory.path + "/box/"), queueID: QueueID(microseconds: 1, unique: 1))
        let tasks = try (0..<12).map { number in
            let form: MailboxForm =
                number % 3 == 0
                ? .stream(MailboxFormStream(try reader.open(large))) : .whole(ByteBuffer(string: "small \(number)\n"))
            return Task {
                try await deliverers.perform(work, form, as: DelivererIdentity(user: account.user, group: account.group))
            }
        }
        for task in tasks { #expect(try await task.value.status.text == "delivered to maildir") }
        deliverers.close()
        #expect(try directory.list("box/new").count == 12)
        try await pool.shutdownGracefully()
    }

    @Test("a damaged content is not delivered")
    func damaged() async throws {
        let session = try await session()
        var content = try directory.store(Self.header, "body\r\n")
        content.body.crc ^= 1
        #expect(try await session.deliver(content, to: [user + "@example.test"])[0].outcome == .deferred)
        content.file = "gone"
        #expect(try await session.deliver(content, to: [user + "@example.test"]).isEmpty)
        await session.end()
        #expect(!FileManager.default.fileExists(atPath: directory.path + "/" + user + "/new"))
    }

    /// What a line of Python prints about mailboxes.
    private func python(_ line: String) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        process.arguments = ["-c", "import mailbox; " + line]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return text.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
