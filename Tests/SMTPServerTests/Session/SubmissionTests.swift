import DaemonKit
import Mail
import NIOCore
import SMTPProtocol
import Testing
import Wire

@testable import SMTPServer

@Suite("messages on their way to cleanup")
@EventLoopActor
struct SubmissionTests {
    @Test("what cleanup refuses, the client hears")
    func refused() async throws {
        try await withServer { server in
            let status = EnhancedStatus(.temporary, 3, 1)
            server.cleanup.behaviour = .answer(
                SubmissionResult(.refused(reply: 452, status: status, text: "Error: queue file write error")))
            let client = try await server.inContent()
            #expect(try await client.say("x\r\n.") == "452 4.3.1 Error: queue file write error")
            server.cleanup.behaviour = .answer(SubmissionResult(.refused(reply: 9, status: status, text: "")))
            for command in ["MAIL FROM:<a@b.test>", "RCPT TO:<user@example.test>", "DATA"] { _ = try await client.say(command) }
            #expect(try await client.say(".") == "451 4.3.0 Error: queue file write error")
            server.cleanup.behaviour = .answer(SubmissionResult(.discarded))
            for command in ["MAIL FROM:<a@b.test>", "RCPT TO:<user@example.test>", "DATA"] { _ = try await client.say(command) }
            #expect(try await client.say(".").hasPrefix("250 2.0.0 Ok: queued as "))
        }
    }

    @Test("without an answer from cleanup nothing is acknowledged")
    func noAnswer() async throws {
        try await withServer(withCleanup: false) { server in
            let client = try await server.inContent()
            #expect(try await client.say("x\r\n.") == "451 4.3.0 Error: queue file write error")
            try await server.cleanup.start()
            server.cleanup.behaviour = .hangUp
            for command in ["MAIL FROM:<a@b.test>", "RCPT TO:<user@example.test>", "DATA"] { _ = try await client.say(command) }
            #expect(try await client.say("x\r\n.") == "451 4.3.0 Error: queue file write error")
            #expect(server.cleanup.messages.count == 1)
        }
    }

    @Test("a cleanup that says nothing is given up, and the session goes on")
    func silence() async throws {
        try await withServer(["ipc_timeout = 1s"]) { server in
            server.cleanup.behaviour = .silence
            let client = try await server.inContent()
            #expect(try await client.say("x\r\n.") == "451 4.3.0 Error: queue file write error")
            #expect(try await client.say("NOOP") == "250 2.0.0 Ok")
            #expect(server.server.budget.used == 0)
        }
    }

    @Test("connections to cleanup are kept, closed when idle, and replaced when cleanup closed them")
    func pool() async throws {
        try await withServer(["ipc_idle = 2s"]) { server in
            let client = try await server.inContent()
            for round in 0..<5 {
                if round == 3 { server.cleanup.closeConnections() }
                #expect(try await client.say("x\r\n.").hasPrefix("250"))
                for command in ["MAIL FROM:<a@b.test>", "RCPT TO:<user@example.test>", "DATA"] {
                    _ = try await client.say(command)
                }
            }
            #expect(server.cleanup.connections == 2)
            await eventually("the idle connection is closed") { server.server.cleanup.isEmpty }
        }
    }

    @Test("in_flow_delay delays the answer only")
    func delay() async throws {
        try await withServer { server in
            server.cleanup.behaviour = .answer(SubmissionResult(.accepted, delay: 300_000))
            let client = try await server.inContent()
            let begin = ContinuousClock.now
            #expect(try await client.say("x\r\n.").hasPrefix("250"))
            #expect(ContinuousClock.now - begin >= .milliseconds(300))
            #expect(try await client.say("NOOP").hasPrefix("250"))
        }
    }

    /// 1,000,000 octets with a line number in each line.
    private static let large = (0..<50_000).map { "line \($0 + 1_000_000) xyz\r\n" }.joined()

    @Test(
        "a large message is streamed, and arrives as it was",
        arguments: ["smtpd_content_collect_limit = 100000", "smtpd_content_memory_limit = 65536"])
    func stream(_ setting: String) async throws {
        try await withServer([setting]) { server in
            let client = try await server.inContent()
            client.send(Self.large)
            #expect(try await client.say(".").hasPrefix("250"))
            let message = server.cleanup.messages[0]
            #expect(message.submission.contentLength == nil && message.complete)
            #expect(message.content == Array(Self.large.utf8))
            #expect(server.server.budget.used == 0)
            // The connection serves the next message.
            for command in ["MAIL FROM:<a@b.test>", "RCPT TO:<user@example.test>", "DATA"] { _ = try await client.say(command) }
            #expect(try await client.say("small\r\n.").hasPrefix("250"))
            #expect(server.cleanup.messages[1].submission.contentLength == 7)
            #expect(server.cleanup.connections == 1)
        }
    }

    @Test("a client that vanishes in a stream leaves nothing behind")
    func brokenStream() async throws {
        try await withServer(["smtpd_content_collect_limit = 100000"]) { server in
            let client = try await server.inContent()
            client.send(Self.large)
            await EventLoopActor.sleep(for: .milliseconds(100))
            client.close()
            await eventually("cleanup sees the end") { server.cleanup.brokenOff == 1 }
            #expect(server.cleanup.messages.isEmpty)
            try await server.waitForLog(client, "lost connection after DATA (")
            #expect(server.server.budget.used == 0)
        }
    }

    @Test("cleanup may refuse a stream before its end")
    func earlyRefusal() async throws {
        try await withServer(["smtpd_content_collect_limit = 100000"]) { server in
            server.cleanup.behaviour = .early(
                SubmissionResult(
                    .refused(reply: 452, status: EnhancedStatus(.temporary, 3, 1), text: "Error: queue file write error")))
            let client = try await server.inContent()
            client.send(Self.large)
            #expect(try await client.say(".") == "452 4.3.1 Error: queue file write error")
            #expect(try await client.say("NOOP") == "250 2.0.0 Ok")
        }
    }

    @Test("a stream that cleanup breaks off is not acknowledged")
    func lostStream() async throws {
        try await withServer(["smtpd_content_collect_limit = 100000"]) { server in
            server.cleanup.behaviour = .hangUp
            let client = try await server.inContent()
            client.send(Self.large)
            #expect(try await client.say(".") == "451 4.3.0 Error: queue file write error")
        }
    }

    @Test("too much content is refused at its end, whether it was collected or streamed", arguments: [4096, 1_048_576])
    func tooLarge(collect: Int) async throws {
        try await withServer(["message_size_limit = 200000", "smtpd_content_collect_limit = \(collect)"]) { server in
            let client = try await server.inContent()
            client.send(Self.large)
            #expect(try await client.say(".") == "552 5.3.4 Error: message file too big")
            #expect(try await client.say("MAIL FROM:<a@b.test> SIZE=200001") == "552 5.3.4 Message size exceeds fixed limit")
            #expect(try await client.say("MAIL FROM:<a@b.test> SIZE=200000") == "250 2.1.0 Ok")
            #expect(server.cleanup.messages.isEmpty && server.server.budget.used == 0)
            try await server.waitForLog(client, ": reject: END-OF-MESSAGE from localhost[127.0.0.1]")
        }
    }

    @Test("a bare LF never ends content, and may be forbidden")
    func bareNewline() async throws {
        let smuggled = "x\n.\nMAIL FROM:<evil@b.test>\n\r\n.\nRCPT TO:<y>\r.\r\n"
        try await withServer { server in
            let client = try await server.inContent()
            client.send(smuggled)
            #expect(try await client.say(".").hasPrefix("250"))
            let content = String(decoding: server.cleanup.messages[0].content, as: UTF8.self)
            #expect(content == "x\r\n\r\nMAIL FROM:<evil@b.test>\r\n\r\n\r\nRCPT TO:<y> .\r\n")
        }
        try await withServer(["smtpd_forbid_bare_newline = reject", "mynetworks = 192.0.2.1"]) { server in
            let client = try await server.inContent()
            client.send(smuggled)
            #expect(try await client.say(".") == "550 5.5.2 Error: bare <LF> received")
            #expect(server.cleanup.messages.isEmpty)
        }
    }

    @Test("many recipients travel with all that belongs to them")
    func envelope() async throws {
        try await withServer { server in
            let client = try await server.greeted()
            for command in [
                "EHLO c", "MAIL FROM:<\"a b\"@c.test> BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=e",
                "RCPT TO:<user@example.test> NOTIFY=NEVER",
                "RCPT TO:<second@example.test> ORCPT=rfc822;o@p", "RCPT TO:<\u{fc}@far.test>", "DATA",
            ] { _ = try await client.say(command) }
            #expect(try await client.say(".").hasPrefix("250"))
            let envelope = server.cleanup.messages[0].submission.envelope
            #expect(envelope.sender == ReversePath(internal: "a b@c.test"))
            #expect(
                envelope.recipients.map(\.address.internalForm) == [
                    "user@example.test", "second@example.test", "\u{fc}@far.test",
                ])
            #expect(envelope.recipients[0].notify == [] && envelope.recipients[1].orcpt?.address == "o@p")
            #expect(envelope.body == .eightBitMIME && envelope.smtpUTF8 && envelope.returnContent == .headers)
            #expect(envelope.envelopeID == "e" && envelope.client.transmissionProtocol == "UTF8SMTP")
            #expect(!String(decoding: server.cleanup.messages[0].submission.prepended, as: UTF8.self).contains("for <"))
        }
    }
}
