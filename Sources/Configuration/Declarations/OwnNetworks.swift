package import Platform

/// The default of mynetworks: the networks of this machine's addresses, as mynetworks_style says.
struct OwnNetworks {
    let text: String

    init(_ configuration: Configuration) throws(ConfigurationError) {
        let style = try configuration.value(of: BaseParameters.mynetworksStyle)
        var networks: [String] = []
        for address in try configuration.ownInterfaceAddresses() {
            let network = Self.network(address, style: style)
            if !networks.contains(network) { networks.append(network) }
        }
        text = networks.joined(separator: " ")
    }

    private static func network(_ address: InterfaceAddress, style: MyNetworksStyle) -> String {
        let isIPv6 = address.bytes.count == 16
        let length =
            switch style {
            case .host: address.bytes.count * 8
            case .subnet: address.prefixLength
            case .networkClass: isIPv6 ? address.prefixLength : classPrefix(address.bytes[0])
            }
        let masked = address.bytes.enumerated().map { index, byte in
            let bits = min(8, max(0, length - index * 8))
            return bits == 0 ? 0 : byte & (0xff << UInt8(8 - bits))
        }
        let text = addressText(masked) ?? ""
        return isIPv6 ? "[\(text)]/\(length)" : "\(text)/\(length)"
    }

    private static func classPrefix(_ first: UInt8) -> Int {
        if first < 128 { return 8 }
        if first < 192 { return 16 }
        return 24
    }
}

extension Configuration {
    /// The addresses of inet_interfaces, in the families of inet_protocols. All interfaces for `all`.
    package func ownInterfaceAddresses() throws(ConfigurationError) -> [InterfaceAddress] {
        let protocols = try value(of: BaseParameters.inetProtocols)
        let everything = host.interfaceAddresses()
        var found: [InterfaceAddress] = []
        for word in try value(of: BaseParameters.inetInterfaces).words {
            let added: [InterfaceAddress]
            switch word {
            case "all": added = everything
            case "loopback-only":
                added = everything.filter { $0.bytes == [127, 0, 0, 1] || $0.bytes == Array(repeating: 0, count: 15) + [1] }
            default:
                let name = word.hasPrefix("[") ? String(word.dropFirst().dropLast()) : word
                let addresses = addressBytes(name).map { [$0] } ?? host.addresses(ofHost: name)
                guard !addresses.isEmpty else { throw ConfigurationError("inet_interfaces: host not found: \(word)") }
                added = addresses.map { bytes in
                    everything.first { $0.bytes == bytes } ?? InterfaceAddress(bytes: bytes, prefixLength: bytes.count * 8)
                }
            }
            for address in added where !found.contains(where: { $0.bytes == address.bytes }) { found.append(address) }
        }
        return found.filter { protocols.allows(byteCount: $0.bytes.count) }
    }
}
