package import Configuration
package import LookupTables

/// Tells to which class a domain belongs.
package struct AddressClassifier: Sendable {
    package let localDomains: LocalDomains
    private let virtualAliasDomains: MatchList
    private let virtualMailboxDomains: MatchList
    private let relayDomains: MatchList

    package init(_ configuration: Configuration, warn: LookupTables.Warn = { _ in }) throws(ConfigurationError) {
        localDomains = try LocalDomains(configuration, warn: warn)
        virtualAliasDomains = try MatchList(
            RoutingParameters.virtualAliasDomains, style: .string, in: configuration, warn: warn)
        virtualMailboxDomains = try MatchList(
            RoutingParameters.virtualMailboxDomains, style: .string, in: configuration, warn: warn)
        let parentMatches = try configuration.parentMatchesSubdomains(BaseParameters.relayDomains.name)
        relayDomains = try MatchList(
            BaseParameters.relayDomains, style: .domain(parentMatchesSubdomains: parentMatches), in: configuration, warn: warn)
    }

    /// The first of these classes that lists the domain.
    package func classify(_ domain: String) throws(LookupError) -> AddressClass {
        if try localDomains.contains(domain) { return .local }
        return try classifyRemote(domain)
    }

    /// The same for a domain that is known not to be local.
    func classifyRemote(_ domain: String) throws(LookupError) -> AddressClass {
        if try virtualAliasDomains.matches(domain) { return .virtualAlias }
        if try virtualMailboxDomains.matches(domain) { return .virtualMailbox }
        if try relayDomains.matches(domain) { return .relay }
        return .other
    }
}
