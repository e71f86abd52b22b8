internal import DaemonKit
internal import Mail
internal import MailLog
internal import Platform
internal import Resolver

/// Finds the name of a client: what its address leads to, if that leads back to the address (smtpd_peername_lookup).
///
/// Answers are kept for a minute, so that a busy client does not cost a question for each connection.
/// *Failure:* whatever cannot be found out leaves the client `unknown`; that the name does not lead back is logged as in Postfix.
@EventLoopActor
final class ClientNames {
    private struct Entry {
        var name: String
        var until: UInt64
    }
    /// Clients whose names are kept at once.
    private static let capacity = 10_000
    private static let lifetime: UInt64 = 60_000_000_000

    private let hosts: HostsFile
    private let resolver: any NameService
    private let time: any TimeSource
    private var known: [IPAddress: Entry] = [:]

    init(hosts: HostsFile, resolver: any NameService, time: any TimeSource) {
        self.hosts = hosts
        self.resolver = resolver
        self.time = time
    }

    /// The name if it is known without waiting.
    func known(_ address: IPAddress) -> String? {
        if let name = hosts.name(of: address) { return name }
        guard let entry = known[address], entry.until > time.monotonic else { return nil }
        return entry.name
    }

    /// Asks, and remembers the answer.
    func find(_ address: IPAddress) async -> String {
        let name = await ask(address)
        if known.count >= Self.capacity { known.removeAll() }
        known[address] = Entry(name: name, until: time.monotonic &+ Self.lifetime)
        return name
    }

    private func ask(_ address: IPAddress) async -> String {
        guard case .found(let answer) = await resolver.names(of: address), let name = answer.records.first else {
            return "unknown"
        }
        if IPAddress(name) != nil {
            Log.warning("numeric hostname: \(name)")
            return "unknown"
        }
        switch await resolver.addresses(of: name, address.family) {
        case .found(let forward):
            if forward.records.contains(address) { return name }
            Log.warning("hostname \(name) does not resolve to address \(address)")
        case .noData, .noSuchDomain:
            Log.warning("hostname \(name) does not resolve to address \(address): Name or service not known")
        case .temporaryFailure(let reason):
            Log.warning("hostname \(name) does not resolve to address \(address): \(reason)")
        }
        return "unknown"
    }
}
