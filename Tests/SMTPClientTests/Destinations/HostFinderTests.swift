import Mail
import Resolver
import Testing

@testable import SMTPClient

@Suite("from a next hop to its servers")
struct HostFinderTests {
    static let names = NameTable(
        mx: [
            "two.test": [(20, "b.test"), (10, "a.test")], "null.test": [(0, "")], "dead.test": [(10, "nowhere.test")],
            "doubt.test": [(10, "nowhere.test"), (20, "failing.test")],
            "mine.test": [(10, "a.test"), (20, "me.test"), (30, "b.test")],
            "loop.test": [(10, "me.test"), (20, "b.test")], "broken.test": [(10, "a.test")],
            "backup.test": [(10, "nowhere.test"), (20, "me.test")], "halfnull.test": [(0, ""), (10, "a.test")],
        ],
        addresses: [
            "a.test": ["192.0.2.1"], "b.test": ["192.0.2.2", "2001:db8::2"], "me.test": ["192.0.2.9"],
            "only.test": ["192.0.2.3"],
            "broken.test": ["192.0.2.4"],
        ], failing: ["failing.test A", "broken.test MX", "badhost.test A"])

    private func find(
        _ nextHop: String, _ change: (inout HostOptions) -> Void = { _ in }
    ) async throws -> HostFinder.Found {
        var options = HostOptions()
        options.randomizes = false
        options.ownAddresses = [try #require(IPAddress("192.0.2.9"))]
        change(&options)
        let finder = HostFinder(options: options, dns: Self.names, native: nil)
        return await finder.find(try #require(Destination(nextHop, defaultPort: 25)))
    }

    private static func text(_ found: HostFinder.Found) -> String {
        switch found {
        case .hosts(let hosts, let isFinal):
            hosts.map { "\($0.name)[\($0.address)]" }.joined(separator: " ") + (isFinal ? " final" : "")
        case .failure(let status, let isFinal): "\(status.outcome) \(status.code) \(status.text)" + (isFinal ? " final" : "")
        }
    }

    private static func notFound(_ name: String, _ type: String) -> String {
        "Host or domain name not found. Name service error for name=\(name) type=\(type): Host not found"
    }

    @Test(
        "by MX, by address, by literal",
        arguments: [
            ("two.test", "a.test[192.0.2.1] b.test[192.0.2.2] b.test[2001:db8::2]"),
            ("only.test", "only.test[192.0.2.3]"),
            (
                "[two.test]",
                "bounced 5.4.4 Host or domain name not found. Name service error for name=two.test type=AAAA: "
                    + "Host found but no data record of requested type"
            ),
            ("[a.test]:587", "a.test[192.0.2.1]"),
            ("[192.0.2.7]", "192.0.2.7[192.0.2.7]"),
            ("192.0.2.7:2525", "192.0.2.7[192.0.2.7]"),
            ("[IPv6:2001:db8::7]:25", "2001:db8::7[2001:db8::7]"),
            ("halfnull.test", "a.test[192.0.2.1]"),
        ])
    func hosts(_ nextHop: String, _ expected: String) async throws {
        #expect(Self.text(try await find(nextHop)) == expected)
    }

    @Test(
        "what is definite and what is not",
        arguments: [
            ("missing.test", "bounced 5.4.4 \(notFound("missing.test", "AAAA"))"),
            ("null.test", "bounced 5.1.10 Domain null.test does not accept mail (nullMX) final"),
            ("dead.test", "bounced 5.4.4 \(notFound("nowhere.test", "AAAA"))"),
            ("doubt.test", "deferred 4.4.3 \(notFound("failing.test", "AAAA")), try again"),
            ("broken.test", "deferred 4.4.3 \(notFound("broken.test", "MX")), try again"),
            ("[badhost.test]", "deferred 4.4.3 \(notFound("badhost.test", "AAAA")), try again"),
        ])
    func failures(_ nextHop: String, _ expected: String) async throws {
        #expect(Self.text(try await find(nextHop)) == expected)
    }

    @Test(
        "mail never goes to ourselves, nor to servers that would give it to us",
        arguments: [
            ("mine.test", "a.test[192.0.2.1] final"),
            ("loop.test", "bounced 5.4.6 mail for loop.test loops back to myself final"),
            ("backup.test", "deferred 4.4.4 unable to find primary relay for backup.test final"),
            ("[me.test]", "bounced 5.4.6 mail for me.test loops back to myself final"),
            ("[192.0.2.9]", "bounced 5.4.6 mail for 192.0.2.9 loops back to myself final"),
            // On another port another program may listen.
            ("[me.test]:10025", "me.test[192.0.2.9]"),
            ("[192.0.2.9]:10025", "192.0.2.9[192.0.2.9]"),
        ])
    func loops(_ nextHop: String, _ expected: String) async throws {
        #expect(Self.text(try await find(nextHop)) == expected)
    }

    @Test("options")
    func options() async throws {
        let four = try await find("two.test") { $0.families = [.v4] }
        #expect(Self.text(four) == "a.test[192.0.2.1] b.test[192.0.2.2]")
        let preferred = try await find("[b.test]") { $0.preference = .ipv6 }
        #expect(Self.text(preferred) == "b.test[2001:db8::2] b.test[192.0.2.2]")
        let limited = try await find("two.test") { $0.addressLimit = 1 }
        #expect(Self.text(limited) == "a.test[192.0.2.1]")
        let ignored = try await find("broken.test") { $0.ignoresMXLookupError = true }
        #expect(Self.text(ignored) == "broken.test[192.0.2.4]")
        let deferred = try await find("dead.test") { $0.defersWithoutAddress = true }
        #expect(Self.text(deferred).hasPrefix("deferred 4.4.4 "))
        let withoutMX = try await find("two.test") { $0.usesMX = false }
        #expect(Self.text(withoutMX).hasPrefix("bounced 5.4.4 "))
        let noIPv6 = try await find("[2001:db8::7]") { $0.families = [.v4] }
        #expect(Self.text(noIPv6).hasPrefix("bounced 5.4.4 "))
    }

    @Test("/etc/hosts is asked when DNS says that there is nothing, not when it is in doubt")
    func native() async throws {
        let native = NameTable(addresses: ["intern": ["10.0.0.1"], "failing.test": ["10.0.0.2"]])
        let finder = HostFinder(options: HostOptions(), dns: Self.names, native: native)
        let intern = try #require(Destination("intern", defaultPort: 25))
        #expect(Self.text(await finder.find(intern)) == "intern[10.0.0.1]")
        let failing = try #require(Destination("[failing.test]", defaultPort: 25))
        #expect(Self.text(await finder.find(failing)).hasPrefix("deferred 4.4.3 "))
        let missing = try #require(Destination("[missing.test]", defaultPort: 25))
        #expect(
            Self.text(await finder.find(missing))
                == "bounced 5.4.4 unable to look up host missing.test: Name or service not known")
    }

    @Test("equal preferences are shuffled, different ones never")
    func order() throws {
        let address = try #require(IPAddress("192.0.2.1"))
        let hosts = (0..<6).map { MailHost(name: "h\($0)", address: address, preference: UInt16($0 / 3)) }
        var orders: Set<[String]> = []
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            let ordered = HostList.ordered(hosts, HostOptions(), using: &generator)
            #expect(ordered.map(\.preference) == [0, 0, 0, 1, 1, 1])
            orders.insert(ordered.prefix(3).map(\.name))
        }
        #expect(orders.count == 6)
    }
}
