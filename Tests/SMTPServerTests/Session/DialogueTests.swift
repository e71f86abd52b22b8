import DaemonKit
import Mail
import NIOCore
import SMTPProtocol
import Testing
import Wire

@testable import SMTPServer

@Suite("sessions over a socket")
@EventLoopActor
struct DialogueTests {
    @Test("a message is acknowledged when cleanup has it, and the log tells its story")
    func message() async throws {
        try await withServer { server in
            let client = try await server.inContent()
            client.send("Subject: x\r\n\r\n..dot\r\nbody\r\n.\r\n")
            let reply = try await client.reply()?.description ?? ""
            #expect(reply.hasPrefix("250 2.0.0 Ok: queued as "))
            let id = reply.split(separator: " ").last.map(String.init) ?? ""
            #expect(try await client.say("QUIT") == "221 2.0.0 Bye")
            #expect(try await client.seesEnd())
            let message = server.cleanup.messages[0]
            #expect(String(decoding: message.content, as: UTF8.self) == "Subject: x\r\n\r\n.dot\r\nbody\r\n")
            #expect(message.submission.envelope.queueID.description == id)
            #expect(message.submission.envelope.client.helo == "c.test")
            #expect(message.submission.envelope.client.transmissionProtocol == "ESMTP")
            #expect(message.submission.flags == .completeHeaders)
            let received = String(decoding: message.submission.prepended, as: UTF8.self)
            #expect(
                received.hasPrefix(
                    "Received: from c.test (localhost [127.0.0.1])\r\n\tby mx.example.test (Martlet) with ESMTP id \(id)\r\n"
                        + "\tfor <user@example.test>; "))
            let peer = "localhost[127.0.0.1]:\(client.port)"
            try await server.waitForLog(client, "disconnect")
            #expect(
                server.log(of: client) == [
                    "connect from \(peer)", "\(id): client=\(peer)",
                    "disconnect from \(peer) ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5",
                ])
        }
    }

    @Test("every split of a whole session gives the same message")
    func splits() async throws {
        let session = Array(
            "EHLO c\r\nMAIL FROM:<a@b.test> BODY=8BITMIME\r\nRCPT TO:<user@example.test>\r\nDATA\r\nS: x\r\n\r\n..d\r\n.\r\nQUIT\r\n"
                .utf8)
        try await withServer { server in
            for split in stride(from: 1, to: session.count, by: 3) {
                let client = try await server.greeted()
                client.send(Array(session[..<split]))
                await EventLoopActor.sleep(for: .milliseconds(1))
                client.send(Array(session[split...]))
                var codes: [UInt16] = []
                while let reply = try await client.reply() { codes.append(reply.code) }
                #expect(codes == [250, 250, 250, 354, 250, 221], "split at \(split)")
            }
            #expect(server.cleanup.messages.allSatisfy { $0.content == Array("S: x\r\n\r\n.d\r\n".utf8) })
        }
    }

    @Test("octet by octet is no different")
    func octets() async throws {
        try await withServer { server in
            let client = try await server.greeted()
            for octet in "HELO c\r\nMAIL FROM:<>\r\nRCPT TO:<user@example.test>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n".utf8 {
                client.send([octet])
                await EventLoopActor.sleep(for: .microseconds(200))
            }
            var codes: [UInt16] = []
            while let reply = try await client.reply() { codes.append(reply.code) }
            #expect(codes == [250, 250, 250, 354, 250, 221])
            #expect(server.cleanup.messages[0].submission.envelope.client.transmissionProtocol == "SMTP")
        }
    }

    @Test("a client that talks before the banner is heard after it")
    func earlyTalker() async throws {
        try await withServer { server in
            let client = try await server.connect()
            client.send("EHLO c\r\nQUIT\r\n")
            var codes: [UInt16] = []
            while let reply = try await client.reply() { codes.append(reply.code) }
            #expect(codes == [220, 250, 221])
            #expect(server.log(of: client).contains { $0.hasPrefix("improper command pipelining after EHLO from localhost") })
        }
    }

    @Test("a client that closes its side early still gets its answers")
    func halfClosed() async throws {
        try await withServer { server in
            let client = try await server.greeted()
            client.send("EHLO c\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<user@example.test>\r\nDATA\r\nx\r\n.\r\n")
            client.closeOutput()
            var codes: [UInt16] = []
            while let reply = try await client.reply() { codes.append(reply.code) }
            #expect(codes == [250, 250, 250, 354, 250])
            try await server.waitForLog(client, "lost connection after END-OF-MESSAGE from")
        }
    }

    @Test("a client may vanish at any octet", arguments: Array(stride(from: 0, to: 110, by: 7)))
    func vanishes(after count: Int) async throws {
        let session = Array(
            "EHLO c\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<user@example.test>\r\nDATA\r\nSubject: x\r\n\r\nbody of some length\r\n"
                .utf8)
        try await withServer { server in
            let client = try await server.greeted()
            client.send(Array(session.prefix(count)))
            await EventLoopActor.sleep(for: .milliseconds(5))
            client.close()
            try await server.waitForLog(client, "lost connection after ")
            try await server.waitForLog(client, "disconnect from ")
            #expect(server.server.isIdle && server.server.budget.used == 0 && server.cleanup.messages.isEmpty)
        }
    }

    @Test("the place where it vanished is logged")
    func vanishedInContent() async throws {
        try await withServer { server in
            let client = try await server.inContent()
            client.send("12345678\r\n")
            await EventLoopActor.sleep(for: .milliseconds(20))
            client.close()
            try await server.waitForLog(client, "lost connection after DATA (10 bytes) from localhost[127.0.0.1]")
        }
    }

    @Test("silence ends with 421")
    func silence() async throws {
        try await withServer(["smtpd_timeout = 1s"]) { server in
            let client = try await server.greeted()
            #expect(try await client.reply()?.description == "421 4.4.2 mx.example.test Error: timeout exceeded")
            #expect(try await client.seesEnd())
            try await server.waitForLog(client, "timeout after CONNECT from")
            let sender = try await server.inContent()
            sender.send("abc\r\n")
            #expect(try await sender.reply()?.code == 421)
            try await server.waitForLog(sender, "timeout after DATA (5 bytes) from")
        }
    }

    @Test("lines without end cost no memory and do not put the session out of step")
    func endlessLine() async throws {
        try await withServer(["smtpd_timeout = 5s"]) { server in
            let client = try await server.greeted()
            client.send([UInt8](repeating: 0x61, count: 300_000))
            client.send("\r\nNOOP\r\n")
            #expect(try await client.reply()?.description == "500 5.5.2 Error: line too long")
            #expect(try await client.reply()?.description == "250 2.0.0 Ok")
            try await server.waitForLog(client, "request longer than 2048: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...")
        }
    }

    @Test("bad words get bad answers, and the session goes on")
    func badWords() async throws {
        try await withServer { server in
            let client = try await server.greeted()
            #expect(try await client.say("MAIL FROM:<a\u{0}@b>").hasPrefix("500 5.5.2"))
            #expect(try await client.say("MAIL FROM:<a b@c>") == "501 5.1.7 Bad sender address syntax")
            try await server.waitForLog(client, "Illegal address syntax from localhost[127.0.0.1]")
            #expect(try await client.say("XYZZY") == "500 5.5.2 Error: command not recognized")
            #expect(try await client.say("NOOP\rNOOP").hasPrefix("500"))
            #expect(try await client.say("NOOP") == "250 2.0.0 Ok")
        }
    }

    @Test("a browser is sent away")
    func notSMTP() async throws {
        try await withServer { server in
            let client = try await server.greeted()
            #expect(try await client.say("GET / HTTP/1.0").hasPrefix("221 2.7.0 Error: I can break rules, too."))
            #expect(try await client.seesEnd())
            try await server.waitForLog(client, "non-SMTP command from")
        }
    }

    @Test("errors are slowed down, and end the session")
    func errorLimits() async throws {
        try await withServer(["smtpd_soft_error_limit = 2", "smtpd_hard_error_limit = 4", "smtpd_error_sleep_time = 1s"]) {
            server in
            let client = try await server.greeted()
            let begin = ContinuousClock.now
            client.send("X\r\nX\r\nX\r\nX\r\n")
            var codes: [UInt16] = []
            while let reply = try await client.reply() { codes.append(reply.code) }
            #expect(codes == [500, 500, 500, 500, 421])
            #expect(ContinuousClock.now - begin >= .seconds(3))
            try await server.waitForLog(client, "too many errors after UNKNOWN from")
        }
    }

    @Test("replies that nobody reads do not pile up")
    func unreadReplies() async throws {
        try await withServer { server in
            let client = try await RawClient(port: server.port, reads: false)
            let commands = [UInt8](String(repeating: "EHLO c\r\n", count: 100_000).utf8)
            for _ in 0..<40 { client.send(commands) }
            for _ in 0..<50 { await EventLoopActor.sleep(for: .milliseconds(10)) }
            // The kernel's buffers are full on both sides; the client could not get rid of everything.
            #expect(!client.isWritable)
            client.close()
            await eventually("the session ends") { server.server.isIdle }
        }
    }

    @Test("IPv6 clients are greeted like others")
    func ipv6() async throws {
        try await withServer { server in
            let listener = try listenOnLoopback(10)
            try await server.server.listen(on: listener.descriptor)
            let client = try await RawClient(host: "::1", port: listener.port)
            #expect(try await client.reply()?.code == 220)
            #expect(try await client.say("QUIT").hasPrefix("221"))
            try await server.waitForLog(client, "connect from")
            #expect(server.log(of: client)[0].hasSuffix("[::1]:\(client.port)"))
        }
    }
}
