internal import Mail

/// Whom to ask, and for how long.
package struct ResolverConfiguration: Sendable, Equatable {
    package enum Servers: Sendable, Equatable {
        /// The name servers of a resolv.conf.
        case system(String)
        /// `address` or `address@port`.
        case forwarders([String])
        /// The root servers, downwards.
        case root
    }

    package var servers: Servers = .system("/etc/resolv.conf")
    /// A question without an answer by then is a temporary failure. Postfix's resolver gives up after about as long (two tries of
    /// five seconds with each of three servers).
    package var deadline: Duration = .seconds(30)
    /// Questions under way at once; one more is a temporary failure.
    package var maximumPending = 1000

    package init() {}

    /// The value of `martlet_resolver_config`: empty for the system's servers, `root`, a path of a resolv.conf, or addresses
    /// (`192.0.2.53`, `127.0.0.1@5353`); nil when it is none of these.
    package init?(_ text: String) {
        let words = text.split(whereSeparator: { $0 == " " || $0 == "," || $0 == "\t" }).map(String.init)
        guard let first = words.first else { return }
        if words == ["root"] {
            servers = .root
        } else if words.count == 1, first.utf8.first == UInt8(ascii: "/") {
            servers = .system(first)
        } else {
            guard words.allSatisfy(Self.isServer) else { return nil }
            servers = .forwarders(words)
        }
    }

    private static func isServer(_ word: String) -> Bool {
        let parts = word.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        guard IPAddress(String(parts[0])) != nil else { return false }
        return parts.count == 1 || UInt16(parts[1]).map { $0 > 0 } == true
    }
}
