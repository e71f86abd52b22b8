import DaemonKit
import Mail
import Testing

@testable import SMTPClient

@Suite("several servers for one next hop")
struct SeveralServersTests {
    typealias Steps = [ScriptedServer.Step]

    /// Two servers on one port of two addresses, the first preferred.
    private struct Pair {
        let first: ScriptedServer
        let second: ScriptedServer
        let names: NameTable
        var nextHop: String { "pair.test:\(first.port)" }

        init(_ one: Steps, _ two: Steps, _ then: Steps? = nil) {
            first = ScriptedServer(address: "127.0.0.8", one)
            second = ScriptedServer(address: "127.0.0.9", port: first.port, two, then ?? two)
            names = NameTable(
                mx: ["pair.test": [(10, "one.test"), (20, "two.test")]],
                addresses: ["one.test": ["127.0.0.8"], "two.test": ["127.0.0.9"]])
        }
    }

    @Test("the preferred one is used", .timeLimit(.minutes(1)))
    @EventLoopActor
    func preferred() async throws {
        let pair = Pair(.acceptAll, .acceptAll)
        let qmgr = try await QueueManagerDouble.start(names: pair.names)
        for _ in 0..<2 { #expect(try await qmgr.deliver(pair.nextHop).lines.first?.hasPrefix("sent") == true) }
        #expect(pair.first.noted.connections == 1)
        #expect(pair.second.noted.connections == 0)
    }

    @Test(
        "the second is asked when the first cannot say", .timeLimit(.minutes(1)),
        arguments: [
            [], [.say("554 5.3.2 no")], [.say("421 4.3.2 busy")], .hello + .envelope,
            .hello + .envelope + [.say("451 4.3.0 later\r\n503 no\r\n503 no")],
            .hello + .envelope + [.say("250 Ok\r\n450 4.2.0 greylisted\r\n554 no")],
            .hello + .envelope + [.say("250 Ok\r\n250 Ok\r\n451 4.3.0 later")],
            .hello + .envelope + [.say("250 Ok\r\n250 Ok\r\n354 go"), .content, .say("451 4.3.0 later")],
            [.say("SSH-2.0-what")],
        ] as [Steps])
    @EventLoopActor
    func second(_ script: Steps) async throws {
        let pair = Pair(script, .acceptAll)
        let qmgr = try await QueueManagerDouble.start(names: pair.names)
        let outcome = try await qmgr.deliver(pair.nextHop, id: "SECOND")
        #expect(outcome.lines == ["sent 2.0.0 250 2.0.0 Ok: queued as X"])
        #expect(outcome.siteFailure == nil)
        #expect(CapturedLog.lines(with: "SECOND: to=").contains { $0.contains("relay=two.test[127.0.0.9]:\(pair.first.port)") })
    }

    @Test("a connection to the second is kept for those that the first refuses", .timeLimit(.minutes(1)))
    @EventLoopActor
    func keptSecond() async throws {
        let pair = Pair([], .hello + .message + .message, .acceptAll)
        let qmgr = try await QueueManagerDouble.start(names: pair.names)
        for _ in 0..<3 { #expect(try await qmgr.deliver(pair.nextHop).lines == ["sent 2.0.0 250 2.0.0 Ok: queued as X"]) }
        #expect(pair.first.noted.connections == 3, "the preferred one is tried each time")
        #expect(pair.second.noted.connections == 2, "the third found its connection closed")
        #expect(pair.second.noted.contents.count == 3)
    }

    @Test("what a kept connection cannot decide is asked of the others only", .timeLimit(.minutes(1)))
    @EventLoopActor
    func keptCannotDecide() async throws {
        let greylist: Steps = .envelope + [.say("250 Ok\r\n450 4.2.0 later\r\n554 no")]
        let pair = Pair(.hello + .message + greylist, .hello + .message)
        let qmgr = try await QueueManagerDouble.start(names: pair.names)
        for _ in 0..<2 { #expect(try await qmgr.deliver(pair.nextHop).lines == ["sent 2.0.0 250 2.0.0 Ok: queued as X"]) }
        #expect(pair.first.noted.connections == 1)
        #expect(pair.second.noted.contents.count == 1)

        // Without others its words are final, and nobody is asked twice.
        let alone = ScriptedServer(.hello + .message + greylist)
        let nextHop = "[127.0.0.1]:\(alone.port)"
        _ = try await qmgr.deliver(nextHop)
        let outcome = try await qmgr.deliver(nextHop)
        let text = "host 127.0.0.1[127.0.0.1] said: 450 4.2.0 later (in reply to RCPT TO command)"
        #expect(outcome.lines == ["deferred 4.2.0 \(text)"])
        #expect(outcome.siteFailure == nil)
        #expect(alone.noted.connections == 1)

        // Nor are they lost when the others went away since.
        var names = pair.names
        names.addresses["two.test"] = nil
        let leftAlone = Pair(.hello + .message + greylist, .acceptAll)
        let changing = ChangingNames(leftAlone.names, names)
        let other = try await QueueManagerDouble.start(names: changing)
        _ = try await other.deliver(leftAlone.nextHop)
        changing.change()
        let left = try await other.deliver(leftAlone.nextHop)
        #expect(left.lines == ["deferred 4.2.0 host one.test[127.0.0.8] said: 450 4.2.0 later (in reply to RCPT TO command)"])
        #expect(left.siteFailure == nil)
        #expect(leftAlone.first.noted.connections == 1)
    }

    @Test("a definite refusal, and a message that may have arrived, are not taken elsewhere", .timeLimit(.minutes(1)))
    @EventLoopActor
    func notElsewhere() async throws {
        for script: Steps in [
            .hello + .envelope + [.say("250 Ok\r\n550 5.1.1 no\r\n554 no")],
            .hello + .envelope + [.say("250 Ok\r\n250 Ok\r\n354 go"), .content],
        ] {
            let pair = Pair(script, .acceptAll)
            let qmgr = try await QueueManagerDouble.start(names: pair.names)
            let outcome = try await qmgr.deliver(pair.nextHop)
            #expect(outcome.lines.first?.hasPrefix("sent") == false)
            #expect(pair.second.noted.connections == 0)
        }
    }

    @Test("each recipient goes to the server that takes it", .timeLimit(.minutes(1)))
    @EventLoopActor
    func partial() async throws {
        let three: Steps = .hello + [.expect("MAIL"), .expect("RCPT"), .expect("RCPT"), .expect("RCPT"), .expect("DATA")]
        let pair = Pair(
            three + [.say("250 Ok\r\n250 Ok\r\n450 4.2.0 later\r\n550 5.1.1 no\r\n354 go"), .content, .say("250 done")],
            .acceptAll)
        let qmgr = try await QueueManagerDouble.start(names: pair.names)
        let outcome = try await qmgr.deliver(pair.nextHop, ["a@y.test", "b@y.test", "c@y.test"], id: "PARTIAL")
        #expect(
            outcome.lines == [
                "sent 2.0.0 250 done", "sent 2.0.0 250 2.0.0 Ok: queued as X",
                "bounced 5.1.1 host one.test[127.0.0.8] said: 550 5.1.1 no (in reply to RCPT TO command)",
            ])
        #expect(outcome.frames > 1, "the first server's verdicts are reported before the second has spoken")
        #expect(
            CapturedLog.lines(with: "PARTIAL: host").first
                == "PARTIAL: host one.test[127.0.0.8] said: 450 4.2.0 later (in reply to RCPT TO command)")
        #expect(pair.second.noted.lines.contains("RCPT TO:<b@y.test>"))
        #expect(!pair.second.noted.lines.contains("RCPT TO:<a@y.test>"))
    }

    @Test("the last server's words decide, and the next hop is reported as unusable", .timeLimit(.minutes(1)))
    @EventLoopActor
    func both() async throws {
        let pair = Pair([.say("421 4.3.2 one")], [.say("421 4.3.2 two")])
        let qmgr = try await QueueManagerDouble.start(names: pair.names)
        let outcome = try await qmgr.deliver(pair.nextHop, id: "BOTH")
        #expect(outcome.lines == ["deferred 4.3.2 host two.test[127.0.0.9] refused to talk to me: 421 4.3.2 two"])
        #expect(outcome.siteFailure?.text == "host two.test[127.0.0.9] refused to talk to me: 421 4.3.2 two")
        #expect(CapturedLog.lines(with: "BOTH: host one").count == 1)
    }

    @Test("smtp_mx_session_limit counts servers that took part in a transaction", .timeLimit(.minutes(1)))
    @EventLoopActor
    func sessionLimit() async throws {
        let pair = Pair(.hello + .envelope + [.say("451 4.3.0 later\r\n503 no\r\n503 no")], .acceptAll)
        let qmgr = try await QueueManagerDouble.start(names: pair.names) { $0.sessionLimit = 1 }
        let outcome = try await qmgr.deliver(pair.nextHop)
        #expect(outcome.lines.first?.hasPrefix("deferred 4.3.0") == true)
        #expect(pair.second.noted.connections == 0)
    }

    @Test("smtp_fallback_relay takes what the next hop's servers cannot", .timeLimit(.minutes(1)))
    @EventLoopActor
    func fallback() async throws {
        let fallback = ScriptedServer(.acceptAll)
        for nextHop in ["missing.test", "[127.0.0.10]:1"] {
            let qmgr = try await QueueManagerDouble.start(names: NameTable()) {
                $0.fallbackRelays = ["[127.0.0.1]:\(fallback.port)"]
            }
            let outcome = try await qmgr.deliver(nextHop)
            #expect(outcome.lines == ["sent 2.0.0 250 2.0.0 Ok: queued as X"])
        }
    }

    @Test("a relayhost that does not resolve is the administrator's mistake, not the sender's", .timeLimit(.minutes(1)))
    @EventLoopActor
    func relayhost() async throws {
        let qmgr = try await QueueManagerDouble.start(names: NameTable()) { $0.relayhost = "[relay.test]" }
        #expect(
            try await qmgr.deliver("[relay.test]").lines.first?.hasPrefix("deferred 4.3.5 Host or domain name not found.")
                == true)
        #expect(
            try await qmgr.deliver("[other.test]").lines.first?.hasPrefix("bounced 5.4.4 Host or domain name not found.")
                == true)
    }

    @Test("a server without SMTPUTF8 is passed over when the message needs it", .timeLimit(.minutes(1)))
    @EventLoopActor
    func smtpUTF8() async throws {
        let able: Steps = [.say("220 mx.test ESMTP"), .expect("EHLO"), .say("250-mx.test\r\n250-PIPELINING\r\n250 SMTPUTF8")]
        let pair = Pair(.acceptAll, able + .message + .message)
        let qmgr = try await QueueManagerDouble.start(names: pair.names)
        let sent = try await qmgr.deliver(pair.nextHop, ["b\u{fc}@y.test"]) { $0.smtpUTF8 = true }
        #expect(sent.lines == ["sent 2.0.0 250 2.0.0 Ok: queued as X"])
        #expect(pair.second.noted.lines.contains("MAIL FROM:<a@x.test> SMTPUTF8"))
        let header = try await qmgr.deliver(pair.nextHop, content: "Subject: \u{fc}\r\n\r\nx\r\n") { $0.smtpUTF8 = true }
        #expect(header.lines.first?.hasPrefix("sent") == true)
        #expect(pair.second.noted.contents.count == 2)
        // Only asked for, not needed.
        let plain = try await qmgr.deliver(pair.nextHop) { $0.smtpUTF8 = true }
        #expect(plain.lines.first?.hasPrefix("sent") == true)
        #expect(pair.second.noted.contents.count == 2)
        let nowhere = try await qmgr.deliver("[127.0.0.8]:\(pair.first.port)", ["b\u{fc}@y.test"])
        #expect(
            nowhere.lines == ["bounced 5.6.7 SMTPUTF8 is required, but was not offered by host 127.0.0.8[127.0.0.8]"])
    }
}
