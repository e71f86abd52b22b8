import Mail
import Testing

@testable import Resolver

@Suite("questions to the DNS")
struct UnboundResolverTests {
    private static func mx(_ preference: UInt16, _ host: String) -> [UInt8] {
        [UInt8(preference >> 8), UInt8(preference & 255)] + FakeNameServer.encoded(host)
    }

    private static let server = FakeNameServer([
        "example.org MX": .records([mx(20, "mx2.example.org"), mx(10, "mx1.example.org")]),
        "mx1.example.org A": .records([[192, 0, 2, 1], [192, 0, 2, 2]]),
        "mx1.example.org AAAA": .records([[0x20, 1, 0xd, 0xb8] + [UInt8](repeating: 0, count: 11) + [1]]),
        "onlyfour.example.org A": .records([[192, 0, 2, 3]]),
        "null.example.org MX": .records([mx(0, "")]),
        "alias.example.org A": .alias("onlyfour.example.org", [[192, 0, 2, 3]]),
        "1.2.0.192.in-addr.arpa PTR": .records([FakeNameServer.encoded("mx1.example.org")]),
        "9.0.0.127.in-addr.arpa PTR": .records([FakeNameServer.encoded("nine.example.org")]),
        "list.example.org TXT": .records([[5] + Array("first".utf8) + [7] + Array(" second".utf8)]),
        "strange.example.org TXT": .records([[3, 65, 10, 200]]),
        "broken.example.org A": .serverFailure,
        "odd.example.org MX": .records([mx(1, "a b.example.org")]),
        "silent.example.org A": .silence,
        "many.example.org A": .records((0..<150).map { [10, 0, 0, UInt8($0)] }),
        "half.example.org A": .serverFailure,
        "half.example.org AAAA": .records([[UInt8](repeating: 1, count: 16)]),
        "xn--bcher-kva.example.org A": .records([[192, 0, 2, 4]]),
        "lab.test A": .records([[10, 0, 0, 1]]),
    ])

    private static let resolver = UnboundResolver(configuration(.seconds(20)))

    private static func configuration(_ deadline: Duration) -> ResolverConfiguration {
        var configuration = ResolverConfiguration()
        configuration.servers = .forwarders(["127.0.0.1@\(server.port)"])
        configuration.deadline = deadline
        return configuration
    }

    private var resolver: UnboundResolver { Self.resolver }

    @Test("mail exchangers come with their preferences")
    func mailExchangers() async {
        let records = await resolver.mailExchangers(of: "example.org").records
        #expect(
            Set(records) == [
                MailExchanger(preference: 10, host: "mx1.example.org"), MailExchanger(preference: 20, host: "mx2.example.org"),
            ])
    }

    @Test("the null MX is a record without a host, RFC 7505")
    func nullMX() async {
        #expect(await resolver.mailExchangers(of: "null.example.org").records == [MailExchanger(preference: 0, host: "")])
    }

    @Test("addresses of both families, in the order asked for")
    func addresses() async {
        let all = await resolver.addresses(of: "mx1.example.org", [.v6, .v4]).records.map(\.description)
        #expect(all.first == "2001:db8::1")
        #expect(Set(all.dropFirst()) == ["192.0.2.1", "192.0.2.2"])
        #expect(await resolver.addresses(of: "onlyfour.example.org", [.v6, .v4]).records.map(\.description) == ["192.0.2.3"])
    }

    @Test("an alias is followed and its target named")
    func alias() async {
        guard case .found(let answer) = await resolver.addresses(of: "alias.example.org", .v4) else {
            Issue.record("no address")
            return
        }
        #expect(answer.records.map(\.description) == ["192.0.2.3"])
        #expect(answer.canonicalName == "onlyfour.example.org")
    }

    @Test("names of addresses, also of this host's network")
    func reverse() async throws {
        let outside = try #require(IPAddress("192.0.2.1"))
        #expect(await resolver.names(of: outside).records == ["mx1.example.org"])
        let inside = try #require(IPAddress("127.0.0.9"))
        #expect(await resolver.names(of: inside).records == ["nine.example.org"])
    }

    @Test("the strings of a TXT record are one text of printable characters")
    func text() async {
        #expect(await resolver.texts(of: "list.example.org").records == ["first second"])
        #expect(await resolver.texts(of: "strange.example.org").records == ["A??"])
    }

    @Test(
        "absence is definite, trouble is not",
        arguments: [
            ("nosuch.example.org", "no such domain"), ("null.example.org", "no data"), ("broken.example.org", "temporary"),
            ("a..b", "no such domain"), (String(repeating: "a", count: 64) + ".org", "no such domain"), ("", "no such domain"),
            ("lab.test", "found"), ("b\u{fc}cher.example.org", "found"), ("B\u{dc}CHER.example.org.", "found"),
            ("\u{2048}.example.org", "no such domain"),
        ])
    func outcomes(_ name: String, _ expected: String) async {
        let outcome =
            switch await resolver.addresses(of: name, .v4) {
            case .found: "found"
            case .noSuchDomain: "no such domain"
            case .noData: "no data"
            case .temporaryFailure: "temporary"
            }
        #expect(outcome == expected)
    }

    @Test("one family's answer counts although the other failed")
    func half() async {
        #expect(await resolver.addresses(of: "half.example.org", [.v4, .v6]).records.count == 1)
    }

    @Test("names that no host can have are not used")
    func unusable() async {
        guard case .temporaryFailure = await resolver.mailExchangers(of: "odd.example.org") else {
            Issue.record("a space in a host name went through")
            return
        }
    }

    @Test("no more than 100 records are taken")
    func many() async {
        #expect(await resolver.addresses(of: "many.example.org", .v4).records.count == 100)
    }

    @Test("a silent server is given up at the deadline, and nothing else waits for it", .timeLimit(.minutes(1)))
    func silence() async {
        let hasty = UnboundResolver(Self.configuration(.milliseconds(300)))
        async let silent = hasty.addresses(of: "silent.example.org", .v4)
        #expect(await hasty.addresses(of: "onlyfour.example.org", .v4).records.count == 1)
        #expect(await silent == .temporaryFailure("no answer in time"))
    }

    @Test("too many questions at once are refused for a while")
    func tooMany() async {
        var configuration = Self.configuration(.seconds(1))
        configuration.maximumPending = 1
        let small = UnboundResolver(configuration)
        async let first = small.addresses(of: "silent.example.org", .v4)
        await Task.yield()
        async let second = small.addresses(of: "silent.example.org", .v4)
        let outcomes = await [first, second]
        #expect(outcomes.contains(.temporaryFailure("too many questions are under way")))
        #expect(outcomes.contains(.temporaryFailure("no answer in time")))
    }

    @Test("a hundred questions at once are all answered")
    func concurrent() async {
        await withTaskGroup(of: Int.self) { group in
            for _ in 0..<100 {
                group.addTask { await Self.resolver.addresses(of: "mx1.example.org", .v4).records.count }
            }
            for await count in group { #expect(count == 2) }
        }
    }
}
