import Mail
import Scheduling
import Spool
import Testing
import Wire

@testable import QueueManager

@Suite("the engine: where recipients go")
struct RoutingOfRecipientsTests {
    @Test("what the resolver cannot tell needs no agent")
    func unresolved() {
        var resolver = TableResolver()
        resolver.answers["later"] = .defer(EngineBench.status(.deferred, "address resolver failure"))
        let bench = EngineBench(resolver: resolver)
        bench.arrive(to: "a@later")
        #expect(bench.requests.isEmpty)
        #expect(bench.lines.contains { $0.hasSuffix("status=deferred (address resolver failure)") })
    }

    @Test("the next hop sees the address as it was resolved")
    func rewritten() throws {
        var resolver = TableResolver()
        resolver.answers["ours"] = .deliver(
            .init(transport: "smtp", nextHop: "there", recipient: EmailAddress(internal: "a@there"), isLocal: false))
        let bench = EngineBench(resolver: resolver)
        bench.arrive(to: "a%there@ours")
        let recipient = try bench.nextRequest().recipients[0].recipient
        #expect(recipient.address.internalForm == "a@there")
        #expect(recipient.original?.internalForm == "a%there@ours")
    }

    @Test("a content filter and a redirection override the resolver")
    func overrides() throws {
        let bench = EngineBench()
        var filtered = bench.envelope(to: ["a@x"])
        filtered.contentFilter = "smtp-amavis:[127.0.0.1]:10024"
        bench.arrive(filtered)
        var plain = bench.envelope(to: ["a@x"])
        plain.contentFilter = "scan"
        bench.arrive(plain)
        var redirected = bench.envelope(to: ["a@x"])
        redirected.redirect = EmailAddress(internal: "boss@y")
        bench.arrive(redirected)
        #expect(bench.requests.map(\.transport) == ["smtp-amavis", "scan", "smtp"])
        #expect(bench.requests.map(\.request.nextHop) == ["[127.0.0.1]:10024", "x", "y"])
        let recipient = try bench.requestAt(2).request.recipients[0].recipient
        #expect(recipient.address.internalForm == "boss@y")
        #expect(recipient.original?.internalForm == "a@x")
    }

    @Test("mail to the double-bounce address ends here")
    func doubleBounce() {
        let bench = EngineBench()
        let id = bench.arrive(from: "", to: "double-bounce@here")
        #expect(bench.requests.isEmpty)
        #expect(bench.lines.last == "\(id): removed")
        #expect(bench.lines.contains { $0.hasSuffix("status=sent (undeliverable postmaster notification discarded)") })
    }

    @Test("defer_transports")
    func deferTransports() {
        let bench = EngineBench { $0.deferredTransports = ["smtp"] }
        bench.arrive(to: "a@x")
        #expect(bench.requests.isEmpty)
        #expect(bench.lines.contains { $0.hasSuffix("dsn=4.3.2, status=deferred (deferred transport)") })
    }

    @Test(
        "extensions do not give a user more deliveries at once",
        arguments: [
            ("user+x", "user"), ("user-y+x", "user"), ("+x", "+x"), ("owner-list", "owner-list"),
            ("list-request", "list-request"), ("MAILER-DAEMON", "MAILER-DAEMON"), ("user", "user"),
        ])
    func users(_ localPart: String, _ user: String) {
        #expect(QueueEngine.user(localPart, delimiters: "+-") == user)
    }

    @Test("one recipient in a delivery makes each recipient a destination")
    func singleRecipient() {
        let bench = EngineBench {
            $0.limits = { _ in
                var limits = TransportLimits()
                limits.recipientLimit = 1
                limits.concurrencyLimit = 1
                return limits
            }
        }
        bench.arrive(to: "a@x", "b@x")
        #expect(bench.requests.map { $0.request.recipients.map(\.ordinal) } == [[0], [1]])
    }
}
