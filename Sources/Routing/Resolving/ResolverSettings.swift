internal import Configuration
internal import LookupTables
internal import Mail

/// The parameters of ``AddressResolver``, and the rules that need nothing else.
struct ResolverSettings: Sendable {
    let myorigin: String
    let myhostname: String
    let emptyAddressRecipient: String
    let transportParentMatches: Bool
    let relocatedPrefix: String
    private let localTransport: Destination
    private let virtualTransport: Destination
    private let relayTransport: Destination
    private let defaultTransport: Destination
    private let relayhost: String
    private let unknownVirtualAlias: String
    private let promotesPercent: Bool
    private let swapsBangpaths: Bool
    private let dequotes: Bool
    private let allowsMinusUser: Bool
    private let allowsNumericDomain: Bool

    /// `transport:nexthop`; an empty next hop is the recipient's domain, or the relayhost.
    private struct Destination: Sendable {
        var transport: String
        var nextHop: String

        init(_ parameter: Parameter<String>, _ configuration: Configuration) throws(ConfigurationError) {
            let text = try configuration.value(of: parameter)
            let colon = text.firstIndex(of: ":")
            transport = String(text[..<(colon ?? text.endIndex)])
            nextHop = colon.map { String(text[text.index(after: $0)...]) } ?? ""
            guard !transport.isEmpty else {
                let setting = configuration.settings[parameter.name]
                throw ConfigurationError(
                    "\(parameter.name): null transport is not allowed: write transport or transport:nexthop",
                    file: setting?.file, line: setting?.line)
            }
        }
    }

    init(_ configuration: Configuration) throws(ConfigurationError) {
        myorigin = try configuration.value(of: BaseParameters.myorigin)
        myhostname = try configuration.value(of: BaseParameters.myhostname)
        emptyAddressRecipient = try configuration.value(of: RoutingParameters.emptyAddressRecipient)
        guard !emptyAddressRecipient.isEmpty else { throw ConfigurationError("empty_address_recipient must not be empty") }
        transportParentMatches = try configuration.parentMatchesSubdomains(RoutingParameters.transportMaps.name)
        let usesPrefix = try configuration.value(of: RoutingParameters.relocatedPrefixEnable).isYes
        relocatedPrefix = usesPrefix ? "5.1.6 User has moved to " : ""
        localTransport = try Destination(BaseParameters.localTransport, configuration)
        virtualTransport = try Destination(BaseParameters.virtualTransport, configuration)
        relayTransport = try Destination(BaseParameters.relayTransport, configuration)
        defaultTransport = try Destination(BaseParameters.defaultTransport, configuration)
        relayhost = try configuration.value(of: BaseParameters.relayhost)
        let showsTable = try configuration.value(of: RoutingParameters.showUnknownTableName).isYes
        unknownVirtualAlias = "5.1.1 User unknown" + (showsTable ? " in virtual alias table" : "")
        promotesPercent = try configuration.value(of: RoutingParameters.allowPercentHack).isYes
        swapsBangpaths = try configuration.value(of: RoutingParameters.swapBangpath).isYes
        dequotes = try configuration.value(of: RoutingParameters.resolveDequotedAddress).isYes
        allowsMinusUser = try configuration.value(of: RoutingParameters.allowMinUser).isYes
        allowsNumericDomain = try configuration.value(of: RoutingParameters.resolveNumericDomain).isYes
        try Self.refuseSenderDependent(configuration)
    }

    /// Routing by sender must not silently become routing by recipient.
    private static func refuseSenderDependent(_ configuration: Configuration) throws(ConfigurationError) {
        for name in ["sender_dependent_relayhost_maps", "sender_dependent_default_transport_maps"] {
            guard try configuration.text(of: name)?.isEmpty == false else { continue }
            let setting = configuration.settings[name]
            throw ConfigurationError(
                "\(name): routing by sender is not implemented: remove it, mail would go to the relayhost of all",
                file: setting?.file, line: setting?.line)
        }
    }

    /// What a class gets without transport_maps.
    func standard(_ addressClass: AddressClass, domain: String) -> (transport: String, nextHop: String) {
        switch addressClass {
        case .local: return (localTransport.transport, localTransport.nextHop.isEmpty ? domain : localTransport.nextHop)
        case .virtualAlias: return ("error", unknownVirtualAlias)
        case .virtualMailbox:
            return (virtualTransport.transport, virtualTransport.nextHop.isEmpty ? domain : virtualTransport.nextHop)
        case .relay, .other:
            let destination = addressClass == .relay ? relayTransport : defaultTransport
            if !destination.nextHop.isEmpty { return (destination.transport, destination.nextHop) }
            return (destination.transport, relayhost.isEmpty ? domain : relayhost)
        }
    }

    /// A line of transport_maps, transport(5): `transport:nexthop`, `transport:` (next hop is the domain), `:nexthop` (default
    /// transport), `:` (nothing changes).
    func apply(_ entry: String, domain: String, _ transport: inout String, _ nextHop: inout String) {
        let colon = entry.firstIndex(of: ":")
        let wantedTransport = String(entry[..<(colon ?? entry.endIndex)])
        let wantedHop = colon.map { String(entry[entry.index(after: $0)...]) } ?? ""
        if wantedTransport.isEmpty {
            guard !wantedHop.isEmpty else { return }
            transport = defaultTransport.transport
            nextHop = wantedHop
            return
        }
        transport = wantedTransport
        if !wantedHop.isEmpty {
            nextHop = wantedHop
        } else if wantedTransport == "error" || wantedTransport == "retry" {
            // Free text, not a place to go to.
            nextHop = "Address is undeliverable"
        } else {
            nextHop = domain
        }
    }

    /// The address that a local part hides: `user@other`, `user%other`, `other!user`.
    func route(in localPart: String) -> EmailAddress? {
        let needsQuotes = EmailAddress(localPart: localPart, domain: "").externalForm.hasPrefix("\"")
        guard !needsQuotes || dequotes else { return nil }
        if localPart.utf8.contains(UInt8(ascii: "@")) { return EmailAddress(internal: localPart) }
        if swapsBangpaths, let bang = localPart.utf8.firstIndex(of: UInt8(ascii: "!")) {
            let user = String(localPart[localPart.utf8.index(after: bang)...])
            return EmailAddress(localPart: user, domain: String(localPart[..<bang]))
        }
        if promotesPercent, let percent = localPart.utf8.lastIndex(of: UInt8(ascii: "%")) {
            let domain = String(localPart[localPart.utf8.index(after: percent)...])
            return EmailAddress(localPart: String(localPart[..<percent]), domain: domain)
        }
        return nil
    }

    /// Why nobody can deliver to this address; nil when it is well formed.
    func complaint(about address: EmailAddress) -> String? {
        if !allowsMinusUser, address.localPart.hasPrefix("-") { return "5.1.3 bad address syntax" }
        if address.domain.hasPrefix("[") {
            return AddressLiteral.address(address.domain) == nil ? "5.1.3 bad address syntax" : nil
        }
        return HostName.isValid(address.domain) ? nil : "5.1.3 bad address syntax"
    }

    /// `user@192.0.2.1` as `user@[192.0.2.1]`, where that is allowed.
    func numericDomain(_ address: EmailAddress) -> EmailAddress? {
        guard allowsNumericDomain, let ip = IPAddress(address.domain) else { return nil }
        return EmailAddress(localPart: address.localPart, domain: ip.isIPv6 ? "[IPv6:\(ip)]" : "[\(ip)]")
    }
}

/// The form of a domain name: labels of up to 63 letters, digits, hyphens and underscores, or UTF-8; not digits only, as an
/// address without brackets is.
enum HostName {
    static func isValid(_ name: String) -> Bool {
        let bytes = name.utf8
        guard (1...255).contains(bytes.count) else { return false }
        // The limit of a label counts its ASCII form, which IDNA makes longer: names beyond ASCII are checked there.
        let isASCII = bytes.allSatisfy { $0 < 0x80 }
        var label = 0
        var hasOther = false
        var previous = UInt8(ascii: ".")
        for byte in bytes {
            if byte == UInt8(ascii: ".") {
                guard label > 0, previous != UInt8(ascii: "-") else { return false }
                label = 0
            } else {
                guard
                    byte.isASCIIDigit || byte >= 0x80 || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
                        || (byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z")),
                    byte != UInt8(ascii: "-") || label > 0
                else { return false }
                if !byte.isASCIIDigit { hasOther = true }
                label += 1
                guard label <= 63 || !isASCII else { return false }
            }
            previous = byte
        }
        return label > 0 && previous != UInt8(ascii: "-") && hasOther
    }
}
