import Mail
import Testing

@testable import Resolver

@Suite("the data of records never traps")
struct RecordDataTests {
    @Test(
        "short, over-long and lying data is refused",
        arguments: [
            [], [0], [0, 1], [0, 1, 5], [0, 1, 3, 97, 98], [0, 1, 64] + [UInt8](repeating: 97, count: 64) + [0],
            [0, 1, 0xc0, 0x0c], [0, 1, 1, 97, 0, 1], [0, 1, 1, 0x0a, 0],
        ] as [[UInt8]])
    func malformed(_ data: [UInt8]) {
        #expect(RecordData.mailExchanger(data) == nil)
    }

    @Test("a name of more than 253 bytes is refused")
    func long() {
        let label = [63] + [UInt8](repeating: 97, count: 63)
        let data: [UInt8] = label + label + label + label + [0]
        #expect(RecordData.name(data[...]) == nil)
    }

    @Test("every prefix of a good record is refused")
    func prefixes() {
        let data: [UInt8] = [0, 10, 2, 109, 120, 3, 111, 114, 103, 0]
        #expect(RecordData.mailExchanger(data) == MailExchanger(preference: 10, host: "mx.org"))
        for count in 0..<data.count { #expect(RecordData.mailExchanger(Array(data.prefix(count))) == nil) }
    }

    @Test("strings that end too early are refused")
    func text() {
        #expect(RecordData.text([3, 97]) == nil)
        #expect(RecordData.text([]) == "")
        #expect(RecordData.text([0, 1, 97]) == "a")
    }
}

@Suite("the value of martlet_resolver_config")
struct ResolverConfigurationTests {
    @Test(
        "each form",
        arguments: [
            ("", .system("/etc/resolv.conf")), ("root", .root), ("/tmp/resolv.conf", .system("/tmp/resolv.conf")),
            ("127.0.0.1@5353 ::1", .forwarders(["127.0.0.1@5353", "::1"])),
        ] as [(String, ResolverConfiguration.Servers)])
    func forms(_ text: String, _ servers: ResolverConfiguration.Servers) {
        #expect(ResolverConfiguration(text)?.servers == servers)
    }

    @Test("what is none", arguments: ["dns.example", "127.0.0.1@", "127.0.0.1@0", "127.0.0.1@70000", "root 127.0.0.1"])
    func malformed(_ text: String) {
        #expect(ResolverConfiguration(text) == nil)
    }
}

@Suite("names by the C library")
struct NativeResolverTests {
    @Test("localhost is in /etc/hosts")
    func localhost() async throws {
        #expect(await NativeResolver().addresses(of: "localhost", .v4).records.map(\.description).contains("127.0.0.1"))
        let loopback = try #require(IPAddress("127.0.0.1"))
        #expect(await NativeResolver().name(of: loopback).records.isEmpty == false)
        #expect(await NativeResolver().mailExchangers(of: "localhost") == .noData)
    }
}
