import DaemonKit
import Mail
import NIOCore
import SMTPProtocol
import Testing

@testable import SMTPClient

@Suite("deliveries to servers that do as they should")
struct DeliveryTests {
    @Test("a message arrives, and its recipient is reported with the server's words", .timeLimit(.minutes(1)))
    @EventLoopActor
    func simple() async throws {
        let server = ScriptedServer(.acceptAll)
        let qmgr = try await QueueManagerDouble.start()
        let outcome = try await qmgr.deliver("[127.0.0.1]:\(server.port)", id: "SIMPLE")
        #expect(outcome.lines == ["sent 2.0.0 250 2.0.0 Ok: queued as X"])
        #expect(outcome.siteFailure == nil)
        #expect(outcome.frames == 1)
        #expect(server.noted.contents == ["Subject: x\r\n\r\nhello\r\n"])
        #expect(server.noted.lines.contains("EHLO me.test"))
        let line = try #require(CapturedLog.lines(with: "SIMPLE: ").first)
        #expect(line.contains("to=<b@y.test>, relay=127.0.0.1[127.0.0.1]:\(server.port), delay="))
        #expect(line.hasSuffix("dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as X)"))
    }

    @Test("the next message takes the kept connection", .timeLimit(.minutes(1)))
    @EventLoopActor
    func kept() async throws {
        let server = ScriptedServer(.acceptAll)
        let qmgr = try await QueueManagerDouble.start()
        for _ in 0..<3 { _ = try await qmgr.deliver("[127.0.0.1]:\(server.port)", id: "KEPT") }
        #expect(server.noted.connections == 1)
        #expect(server.noted.contents.count == 3)
        #expect(CapturedLog.lines(with: "KEPT: ").filter { $0.contains("conn_use=3") }.count == 1)
    }

    @Test("a connection is given up after its count, its age and its idle time", .timeLimit(.minutes(1)))
    @EventLoopActor
    func limits() async throws {
        let counted = ScriptedServer(.acceptAll)
        let qmgr = try await QueueManagerDouble.start { $0.reuse.countLimit = 2 }
        for _ in 0..<4 { _ = try await qmgr.deliver("[127.0.0.1]:\(counted.port)") }
        #expect(counted.noted.connections == 2)

        let aged = ScriptedServer(.acceptAll)
        let old = try await QueueManagerDouble.start { $0.reuse.ageLimit = .zero }
        for _ in 0..<2 { _ = try await old.deliver("[127.0.0.1]:\(aged.port)") }
        #expect(aged.noted.connections == 2)

        let left = ScriptedServer(.acceptAll)
        let idle = try await QueueManagerDouble.start { $0.reuse.keepLimit = .milliseconds(100) }
        _ = try await idle.deliver("[127.0.0.1]:\(left.port)")
        while !idle.client.pool.isEmpty { await EventLoopActor.sleep(for: .milliseconds(20)) }
        #expect(left.noted.connections == 1)
        _ = try await idle.deliver("[127.0.0.1]:\(left.port)")
        #expect(left.noted.connections == 2)
        #expect(left.noted.lines.contains("QUIT"))
    }

    @Test("connections are kept for listed next hops only, when so configured", .timeLimit(.minutes(1)))
    @EventLoopActor
    func onlyListed() async throws {
        let server = ScriptedServer(.acceptAll)
        let nextHop = "[127.0.0.1]:\(server.port)"
        let qmgr = try await QueueManagerDouble.start {
            $0.reuse.keepsAll = false
            $0.reuse.destinations = [nextHop]
        }
        for _ in 0..<2 { _ = try await qmgr.deliver(nextHop) }
        #expect(server.noted.connections == 1)
        for _ in 0..<2 { _ = try await qmgr.deliver("127.0.0.1:\(server.port)") }
        #expect(server.noted.connections == 3)
    }

    @Test("IPv6", .timeLimit(.minutes(1)))
    @EventLoopActor
    func ipv6() async throws {
        let server = ScriptedServer(address: "::1", .acceptAll)
        let qmgr = try await QueueManagerDouble.start()
        let outcome = try await qmgr.deliver("[ipv6:::1]:\(server.port)", id: "SIX")
        #expect(outcome.lines == ["sent 2.0.0 250 2.0.0 Ok: queued as X"])
        #expect(CapturedLog.lines(with: "SIX: ").contains { $0.contains("relay=::1[::1]:\(server.port)") })
    }

    @Test(
        "content reaches the server as it is, whatever its dots, length and end", .timeLimit(.minutes(1)),
        arguments: [
            "", "\r\n", "\r\nno end", ".\r\n", "..\r\n.\r\n", "a: b\r\n\r\n.dot\r\nend.\r\n.\r\n",
            "a: b\r\n\r\n" + String(repeating: "0123456789abcdef\r\n", count: 20_000),
            "a: b\r\n\r\n" + String(repeating: ".0123456789abcdef\r\n", count: 20_000) + "no end",
        ])
    @EventLoopActor
    func content(_ content: String) async throws {
        let server = ScriptedServer(.acceptAll)
        let qmgr = try await QueueManagerDouble.start()
        let outcome = try await qmgr.deliver("[127.0.0.1]:\(server.port)", content: content)
        #expect(outcome.lines == ["sent 2.0.0 250 2.0.0 Ok: queued as X"])
        let ended = content.isEmpty || content.hasSuffix("\r\n") ? content : content + "\r\n"
        let wire = "\r\n" + ended
        #expect(server.noted.contents == [String(wire.replacing("\r\n.", with: "\r\n..").dropFirst(1))])
    }

    @Test("a message with many recipients, some refused, is reported recipient by recipient", .timeLimit(.minutes(1)))
    @EventLoopActor
    func many() async throws {
        let recipients = (0..<100).map { "r\($0)@y.test" }
        let replies = (0..<100).map { $0 % 3 == 0 ? "550 5.1.1 no" : $0 % 3 == 1 ? "450 4.2.0 later" : "250 Ok" }
        let server = ScriptedServer(
            .hello + [.expect("MAIL")] + recipients.map { _ in .expect("RCPT") }
                + [
                    .expect("DATA"), .say("250 Ok\r\n" + replies.joined(separator: "\r\n")), .say("354 go"), .content,
                    .say("250 done"),
                ])
        let qmgr = try await QueueManagerDouble.start()
        let outcome = try await qmgr.deliver("[127.0.0.1]:\(server.port)", recipients)
        let counts = Dictionary(grouping: outcome.statuses.values, by: \.outcome).mapValues(\.count)
        #expect(counts == [.bounced: 34, .deferred: 33, .sent: 33])
        #expect(outcome.siteFailure == nil)
    }

    @Test("a probe sends no content", .timeLimit(.minutes(1)))
    @EventLoopActor
    func probe() async throws {
        let server = ScriptedServer(.hello + [.expect("MAIL"), .expect("RCPT"), .say("250 Ok\r\n250 2.1.5 Ok"), .hang])
        let qmgr = try await QueueManagerDouble.start()
        let outcome = try await qmgr.deliver("[127.0.0.1]:\(server.port)") { $0.trace = .verifyOnly }
        #expect(outcome.lines == ["sent 2.1.5 250 2.1.5 Ok"])
        #expect(server.noted.contents.isEmpty)
    }
}
