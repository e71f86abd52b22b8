internal import Mail

/// A next hop: `domain`, `host:port`, `[host]`, `[host]:port`, with an address or a name between the brackets, which turn MX
/// look-ups off (transport(5), relayhost).
struct Destination: Hashable, Sendable {
    var host: String
    var port: UInt16
    var isBracketed: Bool

    /// nil when the text is no next hop: a mistake in the configuration.
    init?(_ text: String, defaultPort: UInt16) {
        var rest = text[...]
        if rest.utf8.first == UInt8(ascii: "[") {
            guard let end = rest.utf8.firstIndex(of: UInt8(ascii: "]")) else { return nil }
            host = String(rest[rest.utf8.index(after: rest.startIndex)..<end])
            rest = rest[rest.utf8.index(after: end)...]
            isBracketed = true
        } else {
            let end = rest.utf8.firstIndex(of: UInt8(ascii: ":")) ?? rest.endIndex
            host = String(rest[..<end])
            rest = rest[end...]
            isBracketed = false
        }
        // The form of address literals in mail addresses, RFC 5321 section 4.1.3.
        if String(host.prefix(5)).equalsIgnoringCase("ipv6:") { host = String(host.dropFirst(5)) }
        guard !host.isEmpty else { return nil }
        if rest.isEmpty {
            port = defaultPort
        } else {
            guard rest.utf8.first == UInt8(ascii: ":"), let port = Self.port(String(rest.dropFirst())) else { return nil }
            self.port = port
        }
    }

    /// A number, or one of the names that mail configurations use (services(5) may block, so it is not asked).
    static func port(_ text: String) -> UInt16? {
        switch text {
        case "smtp": 25
        case "lmtp": 24
        case "submission": 587
        case "smtps", "submissions": 465
        default: UInt16(text).flatMap { $0 > 0 ? $0 : nil }
        }
    }

    /// The address, when there is nothing to look up.
    var literal: IPAddress? { IPAddress(host) }
}
