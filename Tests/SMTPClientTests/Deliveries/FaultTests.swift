import DaemonKit
import Mail
import NIOCore
import SMTPProtocol
import Testing

@testable import SMTPClient

@Suite("servers and contents that fail")
struct FaultTests {
    typealias Steps = [ScriptedServer.Step]
    private static let waits: [ClientWait] = [.greeting, .mail, .recipient, .data, .content, .end]

    @Test("nobody listens", .timeLimit(.minutes(1)))
    @EventLoopActor
    func refused() async throws {
        let server = ScriptedServer(address: "127.0.0.7", [])
        server.stop()
        let qmgr = try await QueueManagerDouble.start()
        let text = "connect to 127.0.0.7[127.0.0.7]:\(server.port): Connection refused"
        let outcome = try await qmgr.deliver("[127.0.0.7]:\(server.port)", ["b@y.test", "c@y.test"], id: "REFUSED")
        #expect(outcome.lines == ["deferred 4.4.1 \(text)", "deferred 4.4.1 \(text)"])
        #expect(outcome.siteFailure?.text == text)
        #expect(CapturedLog.lines(with: text).contains(text))
        #expect(
            CapturedLog.lines(with: "REFUSED: ").allSatisfy { $0.contains("relay=none, ") && $0.contains("status=deferred") })
    }

    @Test(
        "the server hangs up or falls silent at any point", .timeLimit(.minutes(1)),
        arguments: [
            ([], .greeting),
            ([.say("220 mx.test"), .expect("EHLO")], .ehlo),
            ([.say("220 mx.test"), .expect("EHLO"), .say("502 no"), .expect("HELO")], .helo),
            (.hello + .envelope, .mail),
            (.hello + .envelope + [.say("250 Ok")], .recipient),
            (.hello + .envelope + [.say("250 Ok\r\n250 Ok")], .data),
            (
                .hello + .envelope + [.say("250 Ok\r\n250 Ok\r\n354 go"), .content],
                .end
            ),
            (
                .hello + .envelope + [.say("250 Ok\r\n250 Ok\r\n354 go"), .content, .say("250-half a reply")],
                .end
            ),
        ] as [(Steps, ClientWait)])
    @EventLoopActor
    func breaks(_ script: Steps, _ wait: ClientWait) async throws {
        let activity = wait.activity
        let qmgr = try await QueueManagerDouble.start { $0.times.shorten(wait) }
        let patient = try await QueueManagerDouble.start()
        let closing = ScriptedServer(script)
        let lost = try await patient.deliver("[127.0.0.1]:\(closing.port)")
        #expect(lost.lines == ["deferred 4.4.2 lost connection with 127.0.0.1[127.0.0.1] while \(activity)"])
        #expect(lost.siteFailure?.outcome == .deferred)
        let hanging = ScriptedServer(script + [.hang])
        let late = try await qmgr.deliver("[127.0.0.1]:\(hanging.port)")
        #expect(late.lines == ["deferred 4.4.2 conversation with 127.0.0.1[127.0.0.1] timed out while \(activity)"])
        #expect(late.siteFailure?.outcome == .deferred)
    }

    @Test("the server hangs up, or takes no more, in the middle of a large content", .timeLimit(.minutes(1)))
    @EventLoopActor
    func inContent() async throws {
        let large = "a: b\r\n\r\n" + String(repeating: "0123456789abcdef\r\n", count: 700_000)
        let begin: Steps = .hello + .envelope + [.say("250 Ok\r\n250 Ok\r\n354 go"), .take(100_000)]
        let qmgr = try await QueueManagerDouble.start()
        let closing = ScriptedServer(begin)
        let lost = try await qmgr.deliver("[127.0.0.1]:\(closing.port)", content: large)
        #expect(lost.lines == ["deferred 4.4.2 lost connection with 127.0.0.1[127.0.0.1] while sending message body"])
        let refusing = ScriptedServer(begin + [.say("552 5.3.4 too big")])
        let refused = try await qmgr.deliver("[127.0.0.1]:\(refusing.port)", content: large)
        #expect(refused.lines.count == 1)
        let said = "552 5.3.4 too big (in reply to end of DATA command)"
        // The reset may overtake the refusal.
        #expect(refused.lines[0].contains(said) || refused.lines[0].hasPrefix("deferred 4.4.2 lost connection"))
    }

    @Test("a server that takes no more content is given up", .timeLimit(.minutes(1)))
    @EventLoopActor
    func stalled() async throws {
        let large = "a: b\r\n\r\n" + String(repeating: "0123456789abcdef\r\n", count: 700_000)
        let server = ScriptedServer(.hello + .envelope + [.say("250 Ok\r\n250 Ok\r\n354 go"), .pause])
        let qmgr = try await QueueManagerDouble.start { $0.times.shorten(.content) }
        let outcome = try await qmgr.deliver("[127.0.0.1]:\(server.port)", content: large)
        #expect(
            outcome.lines == ["deferred 4.4.2 conversation with 127.0.0.1[127.0.0.1] timed out while sending message body"])
        server.resume()
    }

    @Test(
        "refusals at each stage", .timeLimit(.minutes(1)),
        arguments: [
            ([.say("421 4.3.2 busy"), .hang], "deferred 4.3.2 host H refused to talk to me: 421 4.3.2 busy", true),
            ([.say("554 5.7.1 no"), .hang], "deferred 4.7.1 host H refused to talk to me: 554 5.7.1 no", true),
            (
                .hello + .envelope + [.say("451 4.3.0 a\r\n503 b\r\n503 c"), .hang],
                "deferred 4.3.0 host H said: 451 4.3.0 a (in reply to MAIL FROM command)", false
            ),
            (
                .hello + .envelope + [.say("250 Ok\r\n550 5.1.1 b\r\n554 c"), .hang],
                "bounced 5.1.1 host H said: 550 5.1.1 b (in reply to RCPT TO command)", false
            ),
            (
                .hello + .envelope + [.say("250 Ok\r\n250 Ok\r\n452 4.3.1 c"), .hang],
                "deferred 4.3.1 host H said: 452 4.3.1 c (in reply to DATA command)", false
            ),
            (
                .hello + .envelope + [.say("250 Ok\r\n250 Ok\r\n354 go"), .content, .say("554 5.6.0 d"), .hang],
                "bounced 5.6.0 host H said: 554 5.6.0 d (in reply to end of DATA command)", false
            ),
        ] as [(Steps, String, Bool)])
    @EventLoopActor
    func refusals(_ script: Steps, _ line: String, _ isSiteFailure: Bool) async throws {
        let server = ScriptedServer(script)
        let qmgr = try await QueueManagerDouble.start()
        let outcome = try await qmgr.deliver("[127.0.0.1]:\(server.port)")
        #expect(outcome.lines == [line.replacing("host H", with: "host 127.0.0.1[127.0.0.1]")])
        #expect((outcome.siteFailure != nil) == isSiteFailure)
    }

    @Test(
        "garbage and words without end are temporary failures, in bounded time and memory", .timeLimit(.minutes(1)),
        arguments: [
            [.say("SSH-2.0-OpenSSH_9.2"), .hang],
            [.say("\u{1}\u{2}\u{3}"), .hang],
            [.flood("220-on and on\r\n")],
            [.flood("220 no line end ")],
            [.say("220 mx.test"), .expect("EHLO"), .flood("250-X\r\n")],
            .hello + .envelope + [.flood("250-X\r\n")],
            .hello + .envelope + [.say("250 Ok\r\n250 Ok\r\n354 go"), .content, .flood("250-X\r\n")],
            .hello + .envelope + [.say("250 Ok\r\n250 Ok\r\n354 go"), .content, .say("OK"), .hang],
        ] as [Steps])
    @EventLoopActor
    func garbage(_ script: Steps) async throws {
        let server = ScriptedServer(script)
        let qmgr = try await QueueManagerDouble.start { for wait in Self.waits { $0.times.shorten(wait) } }
        let outcome = try await qmgr.deliver("[127.0.0.1]:\(server.port)")
        #expect(outcome.statuses.values.allSatisfy { $0.outcome == .deferred })
        #expect(outcome.statuses.count == 1)
        #expect(outcome.siteFailure != nil)
    }

    @Test(
        "a kept connection that is over is no failure: a fresh one takes the message", .timeLimit(.minutes(1)),
        arguments: [
            .hello + .message,
            .hello + .message + .envelope,
            .hello + .message + .envelope + [.say("421 4.4.2 idle for too long")],
            .hello + .message + .envelope + [.say("250 Ok\r\n250 Ok")],
            .hello + .message + [.say("421 4.4.2 idle for too long"), .hang],
        ] as [Steps])
    @EventLoopActor
    func stale(_ script: Steps) async throws {
        let server = ScriptedServer(script, .acceptAll)
        let qmgr = try await QueueManagerDouble.start()
        for _ in 0..<2 {
            let outcome = try await qmgr.deliver("[127.0.0.1]:\(server.port)")
            #expect(outcome.lines == ["sent 2.0.0 250 2.0.0 Ok: queued as X"])
        }
        #expect(server.noted.connections == 2)
        #expect(server.noted.contents.count == 2)
    }

    @Test("once only: a fresh connection that breaks is a failure", .timeLimit(.minutes(1)))
    @EventLoopActor
    func staleOnce() async throws {
        let server = ScriptedServer(.hello + .message, .hello + .envelope)
        let qmgr = try await QueueManagerDouble.start()
        _ = try await qmgr.deliver("[127.0.0.1]:\(server.port)")
        let outcome = try await qmgr.deliver("[127.0.0.1]:\(server.port)")
        #expect(outcome.lines == ["deferred 4.4.2 lost connection with 127.0.0.1[127.0.0.1] while sending MAIL FROM"])
        #expect(server.noted.connections == 2)
    }

    @Test("content on a kept connection makes its loss a failure", .timeLimit(.minutes(1)))
    @EventLoopActor
    func lostAfterContent() async throws {
        let server = ScriptedServer(
            .hello + .message + .envelope + [.say("250 Ok\r\n250 Ok\r\n354 go"), .content], .acceptAll)
        let qmgr = try await QueueManagerDouble.start()
        _ = try await qmgr.deliver("[127.0.0.1]:\(server.port)")
        let outcome = try await qmgr.deliver("[127.0.0.1]:\(server.port)")
        #expect(outcome.lines.count == 1)
        #expect(
            outcome.lines[0].hasPrefix("deferred 4.4.2 lost connection with 127.0.0.1[127.0.0.1] while sending end of data"))
        #expect(server.noted.connections == 1)
    }

    @Test("damaged content is not ended, small or large", .timeLimit(.minutes(1)))
    @EventLoopActor
    func damaged() async throws {
        let qmgr = try await QueueManagerDouble.start()
        for body in ["hello\r\n", String(repeating: "0123456789abcdef\r\n", count: 20_000)] {
            let server = ScriptedServer(.acceptAll)
            let outcome = try await qmgr.deliver(
                "[127.0.0.1]:\(server.port)", content: "a: b\r\n\r\n" + body, id: "DAMAGED", damaged: true)
            #expect(outcome.lines == ["deferred 4.3.0 local data error while talking to 127.0.0.1[127.0.0.1]"])
            #expect(outcome.siteFailure == nil)
            #expect(server.noted.contents.isEmpty)
        }
        #expect(CapturedLog.lines(with: "DAMAGED: ").contains { $0.contains("checksum") })
    }

    @Test(
        "what is no next hop is kept for the administrator", .timeLimit(.minutes(1)),
        arguments: ["[127.0.0.1", "[]", "a:b", "a:0"])
    @EventLoopActor
    func malformedNextHop(_ nextHop: String) async throws {
        let qmgr = try await QueueManagerDouble.start()
        let outcome = try await qmgr.deliver(nextHop)
        #expect(outcome.lines == ["deferred 4.3.5 mail system configuration error"])
    }
}

extension SMTPClientSettings.TimeLimits {
    /// Makes the patience with one reply as short as the coarse timer allows.
    mutating func shorten(_ wait: ClientWait) {
        let short = TimeAmount.milliseconds(200)
        switch wait {
        case .greeting, .ehlo, .helo: helo = short
        case .reset: reset = short
        case .mail: mail = short
        case .recipient: rcpt = short
        case .data: dataInit = short
        case .content: dataXfer = short
        case .end: dataDone = short
        }
    }
}
