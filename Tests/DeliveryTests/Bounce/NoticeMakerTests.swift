import DaemonKit
import Mail
import Platform
import Spool
import Testing
import Wire

@testable import Bounce

@EventLoopActor
struct NoticeMakerTests {
    private let cleanup = FakeCleanup()
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func outcome(_ request: NoticeRequest, _ settings: [String: String] = [:]) async throws -> NoticeResult.Outcome {
        try await cleanup.start()
        let maker = NoticeMaker(
            settings: try bounceSettings(settings), lease: 7,
            cleanup: CleanupClient(path: cleanup.path, timeLimit: .seconds(5)),
            reader: ContentReader(queueDirectory: directory.path, fileSystem: POSIXFileSystem()), time: SystemTime())
        return await maker.make(request)
    }

    @Test("a failure becomes a report with the message, from the null sender, with its origin")
    func failure() async throws {
        let content = try directory.store("From: a@x.example\r\nSubject: hello\r\n\r\n", "the body\r\n")
        let request = try noticeRequest(.failureNotice, notify: [nil, []], content: content)
        guard case .queued(let id) = try await outcome(request) else { throw SampleFailure("nothing was queued") }
        let taken = try #require(cleanup.taken.first)
        #expect(taken.submission.envelope.queueID == id)
        #expect(taken.submission.envelope.sender == .null)
        #expect(taken.submission.envelope.recipients.map(\.address.internalForm) == ["a@x.example"])
        #expect(
            taken.submission.envelope.origin
                == MessageOrigin(parent: request.location, recipients: [0, 1], purpose: .failureNotice))
        #expect(taken.submission.flags.contains(.internalOrigin))
        let text = taken.text
        #expect(text.hasPrefix("Received: by mx.example (Postfix)\r\n\tid \(id); "))
        #expect(text.contains("Final-Recipient: rfc822; r0@y.example\r\n"))
        #expect(!text.contains("r1@y.example"))
        #expect(
            text.contains("\r\n\r\nReturn-Path: <a@x.example>\r\nFrom: a@x.example\r\nSubject: hello\r\n\r\nthe body\r\n\r\n--")
        )
        #expect(text.hasSuffix("--\r\n"))
    }

    @Test("a content that is gone is no reason to say nothing")
    func gone() async throws {
        guard case .queued = try await outcome(try noticeRequest(.failureNotice)) else {
            throw SampleFailure("nothing was queued")
        }
        #expect(cleanup.taken[0].text.contains("\t--- Undelivered message unavailable ---\r\n"))
    }

    @Test("a large message streams when the limit allows it")
    func large() async throws {
        let body = String(repeating: String(repeating: "x", count: 76) + "\r\n", count: 20_000)
        let request = try noticeRequest(.failureNotice, content: try directory.store("Subject: x\r\n\r\n", body))
        guard case .queued = try await outcome(request, ["bounce_size_limit": "10000000"]) else {
            throw SampleFailure("nothing was queued")
        }
        #expect(cleanup.taken[0].content.count > body.utf8.count)
        #expect(cleanup.taken[0].submission.contentLength == nil)
    }

    @Test("what cleanup refuses for good is sent again without the body; a lost answer is no success")
    func refused() async throws {
        cleanup.verdicts = [.refused(reply: 552, status: EnhancedStatus(.permanent, 3, 4), text: "too large"), .accepted]
        let content = try directory.store("Subject: hello\r\n\r\n", "the body\r\n")
        guard case .queued = try await outcome(try noticeRequest(.failureNotice, content: content)) else {
            throw SampleFailure("nothing was queued")
        }
        #expect(cleanup.taken.count == 2)
        #expect(!cleanup.taken[1].text.contains("the body"))
    }

    @Test("no answer, a temporary refusal, nobody there: failed, so that qmgr asks again")
    func failures() async throws {
        cleanup.verdicts = [nil]
        guard case .failed = try await outcome(try noticeRequest(.failureNotice)) else { throw SampleFailure("no failure") }
        cleanup.verdicts = [.refused(reply: 451, status: EnhancedStatus(.temporary, 3, 0), text: "disk")]
        guard case .failed(let text) = try await outcome(try noticeRequest(.failureNotice)) else {
            throw SampleFailure("no failure")
        }
        #expect(text == "451 4.3.0 disk")
        let nobody = NoticeMaker(
            settings: try bounceSettings(), lease: 1, cleanup: CleanupClient(path: "/nonexistent", timeLimit: .seconds(1)),
            reader: ContentReader(queueDirectory: directory.path, fileSystem: POSIXFileSystem()), time: SystemTime())
        guard case .failed = await nobody.make(try noticeRequest(.failureNotice)) else { throw SampleFailure("no failure") }
    }

    @Test("nothing is due")
    func notNeeded() async throws {
        #expect(try await outcome(try noticeRequest(.failureNotice, sender: "")) == .notNeeded)
        #expect(cleanup.taken.isEmpty)
    }
}

struct SampleFailure: Error {
    var text: String
    init(_ text: String) { self.text = text }
}
