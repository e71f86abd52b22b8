internal import Mail
internal import Resolver

/// A server to try.
struct MailHost: Hashable, Sendable {
    var name: String
    var address: IPAddress
    var preference: UInt16
}

/// What main.cf says about choosing hosts.
struct HostOptions: Sendable {
    var defaultPort: UInt16 = 25
    var families: [AddressFamily] = [.v4, .v6]
    /// False with disable_dns_lookups.
    var usesMX = true
    var ignoresMXLookupError = false
    var defersWithoutAddress = false
    var randomizes = true
    var preference = AddressPreference.any
    /// 0: all.
    var addressLimit = 5
    /// inet_interfaces and proxy_interfaces.
    var ownAddresses: Set<IPAddress> = []
}

/// The order in which hosts are tried, RFC 5321 section 5.1.
enum HostList {
    /// Without ourselves and all hosts that are not preferred to us: they would send the mail back.
    static func beforeOurselves(_ hosts: [MailHost], own: Set<IPAddress>) -> [MailHost] {
        guard let limit = hosts.filter({ own.contains($0.address) }).map(\.preference).min() else { return hosts }
        return hosts.filter { $0.preference < limit }
    }

    /// By preference; within one, at random if so configured, with the preferred family in front.
    static func ordered(
        _ hosts: [MailHost], _ options: HostOptions, using generator: inout some RandomNumberGenerator
    ) -> [MailHost] {
        let shuffled = options.randomizes ? hosts.shuffled(using: &generator) : hosts
        let ranked = shuffled.enumerated().sorted {
            let (left, right) = ($0.element, $1.element)
            if left.preference != right.preference { return left.preference < right.preference }
            let (leftRank, rightRank) = (rank(left, options), rank(right, options))
            return leftRank != rightRank ? leftRank < rightRank : $0.offset < $1.offset
        }
        return ranked.map(\.element)
    }

    private static func rank(_ host: MailHost, _ options: HostOptions) -> Int {
        switch options.preference {
        case .any: 0
        case .ipv4: host.address.family == .v4 ? 0 : 1
        case .ipv6: host.address.family == .v6 ? 0 : 1
        }
    }
}
