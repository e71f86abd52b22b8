package import Configuration
package import LookupTables
package import Mail

/// Finds transport and next hop for a recipient: what Postfix's trivial-rewrite resolves. No I/O but table lookups.
///
/// *Failure:* ``LookupError`` when a table cannot answer: the recipient is deferred. An address that cannot be delivered by its
/// form resolves to the transport `error` with a status and a text.
package struct AddressResolver: Sendable {
    package let classifier: AddressClassifier
    package let extensions: AddressExtension
    private let rewriter: AddressRewriter
    private let settings: ResolverSettings
    private let transportMaps: TableList
    private let relocatedMaps: TableList

    package init(_ configuration: Configuration, warn: LookupTables.Warn = { _ in }) throws(ConfigurationError) {
        classifier = try AddressClassifier(configuration, warn: warn)
        extensions = try AddressExtension(configuration)
        rewriter = try AddressRewriter(configuration)
        settings = try ResolverSettings(configuration)
        transportMaps = try TableList.open(RoutingParameters.transportMaps, in: configuration, warn: warn)
        relocatedMaps = try TableList.open(RoutingParameters.relocatedMaps, in: configuration, warn: warn)
    }

    /// - Parameter sender: for sender-dependent routing, which is refused at start-up as long as there is none.
    package func resolve(recipient: EmailAddress, sender: ReversePath = .null) throws(LookupError) -> Resolution {
        var (address, isLocal) = try stripLocalDomains(recipient)
        if !isLocal, let literal = settings.numericDomain(address) {
            address = literal
            isLocal = try classifier.localDomains.contains(literal.domain)
        }
        if let complaint = settings.complaint(about: address) {
            return Resolution(
                transport: "error", nextHop: complaint, recipient: address, addressClass: isLocal ? .local : .other)
        }
        let addressClass = isLocal ? AddressClass.local : try classifier.classifyRemote(address.domain)
        var (transport, nextHop) = settings.standard(addressClass, domain: address.domain)
        if addressClass != .virtualAlias,
            let entry = try transportMaps.findTransport(
                address, extensions, parentMatchesSubdomains: settings.transportParentMatches)
        {
            settings.apply(entry, domain: address.domain, &transport, &nextHop)
        }
        if let moved = try relocatedMaps.find(
            address, extensions, isLocal: { (domain) throws(LookupError) in try isOwn(domain) })
        {
            transport = "error"
            nextHop = settings.relocatedPrefix + moved.value
        }
        return Resolution(transport: transport, nextHop: nextHop, recipient: address, addressClass: addressClass)
    }

    /// Whether tables may be asked for the local part alone in this domain.
    package func isOwn(_ domain: String) throws(LookupError) -> Bool {
        if domain.equalsIgnoringCase(settings.myorigin) { return true }
        return try classifier.localDomains.contains(domain)
    }

    /// Whether the local part would be taken for a route by this or the next host: `user@other@ours`, `user%other@ours`, `other!user@ours`.
    package static func isRouted(_ address: EmailAddress) -> Bool {
        address.localPart.utf8.contains { $0 == UInt8(ascii: "@") || $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "!") }
    }

    /// Strips every domain that is ours, so that `user%example.net@ours` is seen as what it is, mail for example.net.
    private func stripLocalDomains(_ recipient: EmailAddress) throws(LookupError) -> (EmailAddress, isLocal: Bool) {
        var address = recipient
        var saved: String?
        // Each round takes away a domain or an operator, or is one of two completions.
        for _ in 0...(recipient.localPart.utf8.count + recipient.domain.utf8.count + 2) {
            address.stripTrailingDot()
            if !address.domain.isEmpty {
                guard try classifier.localDomains.contains(address.domain) else { return (address, false) }
                saved = address.domain
                address.domain = ""
            }
            if let inner = settings.route(in: address.localPart) {
                address = rewriter.rewrite(inner)
                continue
            }
            if address.localPart.isEmpty {
                address = EmailAddress(internal: settings.emptyAddressRecipient)
                continue
            }
            guard let saved else {
                address.domain = settings.myhostname
                continue
            }
            address.domain = saved
            return (address, true)
        }
        return (recipient, false)
    }
}
