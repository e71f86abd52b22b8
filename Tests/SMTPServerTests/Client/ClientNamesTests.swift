import DaemonKit
import Mail
import Platform
import Resolver
import Testing

@testable import SMTPServer

/// A few records.
private struct Table: NameService {
    var records: [String: Lookup<[UInt8]>]
    func query(_ name: String, _ type: RecordType) async -> Lookup<[UInt8]> { records["\(name) \(type)"] ?? .noSuchDomain }
}

private func pointer(_ name: String) -> Lookup<[UInt8]> {
    .found(Answer([name.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0]]))
}

@Suite("names of clients")
@EventLoopActor
struct ClientNamesTests {
    @Test("/etc/hosts knows its own")
    func hosts() throws {
        let hosts = HostsFile(
            "# c\n127.0.0.1\tlocalhost other # x\n::1 localhost ip6-localhost\n127.0.0.1 second\nnonsense x\n192.0.2.1\n")
        #expect(hosts.name(of: try #require(IPAddress("127.0.0.1"))) == "localhost")
        #expect(hosts.name(of: try #require(IPAddress("::1"))) == "localhost")
        #expect(hosts.name(of: try #require(IPAddress("192.0.2.1"))) == nil)
    }

    @Test("a name counts only when it leads back")
    func forwardConfirmed() async throws {
        let service = Table(records: [
            "1.2.0.192.in-addr.arpa PTR": pointer("good.test"), "good.test A": .found(Answer([[192, 0, 2, 1]])),
            "2.2.0.192.in-addr.arpa PTR": pointer("liar.test"), "liar.test A": .found(Answer([[192, 0, 2, 99]])),
            "3.2.0.192.in-addr.arpa PTR": pointer("gone.test"),
            "4.2.0.192.in-addr.arpa PTR": .temporaryFailure("no server"),
            "5.2.0.192.in-addr.arpa PTR": pointer("192.0.2.5"),
        ])
        let names = ClientNames(hosts: HostsFile(""), resolver: service, time: SystemTime())
        var found: [String] = []
        for last in 1...6 { found.append(await names.find(try #require(IPAddress("192.0.2.\(last)")))) }
        #expect(found == ["good.test", "unknown", "unknown", "unknown", "unknown", "unknown"])
        #expect(names.known(try #require(IPAddress("192.0.2.1"))) == "good.test")
        #expect(names.known(try #require(IPAddress("192.0.2.7"))) == nil)
    }
}
