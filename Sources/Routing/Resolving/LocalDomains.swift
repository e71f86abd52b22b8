package import Configuration
package import LookupTables
internal import Mail
internal import Platform

/// The domains of this very host: mydestination, and the address literals of inet_interfaces and proxy_interfaces.
package struct LocalDomains: Sendable {
    private let destinations: MatchList
    private let addresses: Set<IPAddress>

    package init(_ configuration: Configuration, warn: LookupTables.Warn = { _ in }) throws(ConfigurationError) {
        destinations = try MatchList(BaseParameters.mydestination, style: .string, in: configuration, warn: warn)
        var found = Set(try configuration.ownInterfaceAddresses().compactMap { IPAddress(bytes: $0.bytes) })
        for word in try configuration.value(of: BaseParameters.proxyInterfaces).words {
            guard let address = IPAddress(word) else {
                throw ConfigurationError("proxy_interfaces: \"\(word)\" is no IP address")
            }
            found.insert(address)
        }
        addresses = found
    }

    /// - Parameter domain: `example.com`, `[192.0.2.1]`, `[IPv6:2001:db8::1]`.
    package func contains(_ domain: String) throws(LookupError) -> Bool {
        guard !domain.isEmpty else { return false }
        if try destinations.matches(domain) { return true }
        guard let address = AddressLiteral.address(domain) else { return false }
        return addresses.contains(address)
    }
}

/// The domain part of `user@[192.0.2.1]`, RFC 5321 section 4.1.3.
enum AddressLiteral {
    /// nil when the domain is no literal.
    static func address(_ domain: String) -> IPAddress? {
        guard domain.hasPrefix("["), domain.hasSuffix("]") else { return nil }
        let text = domain.dropFirst().dropLast()
        let tag = "ipv6:"
        guard String(text.prefix(tag.count)).lowercasedASCII == tag else {
            // Without the tag it must be IPv4.
            return text.contains(":") ? nil : IPAddress(text)
        }
        return IPAddress(text.dropFirst(tag.count))
    }
}
