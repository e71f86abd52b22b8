internal import Configuration
internal import LookupTables
internal import Mail
internal import Platform

/// What main.cf says about who may do what.
struct PolicySettings: Sendable {
    /// A word of local_header_rewrite_clients.
    enum LocalHeaderClients: Sendable { case inetInterfaces, myNetworks }

    let lists: RestrictionLists
    let codes: ReplyCodes
    let myNetworks: MatchList
    let ownAddresses: Set<IPAddress>
    let delaysReject: Bool
    let judgesRelayFirst: Bool
    let rejectsUnlistedRecipient: Bool
    let rejectsUnlistedSender: Bool
    let allowsUntrustedRouting: Bool
    let nullAccessKey: String
    let parentMatchesSubdomains: Bool
    let bareNewline: BareNewlinePolicy
    let localHeaderClients: [LocalHeaderClients]

    init(_ configuration: Configuration, warn: @escaping LookupTables.Warn) throws(ConfigurationError) {
        func isYes(_ parameter: Parameter<YesNo>) throws(ConfigurationError) -> Bool {
            try configuration.value(of: parameter).isYes
        }
        lists = try RestrictionLists(configuration, warn: warn)
        codes = try ReplyCodes(configuration)
        let parents = try configuration.parentMatchesSubdomains(BaseParameters.mynetworks.name)
        myNetworks = try MatchList(
            BaseParameters.mynetworks, style: .domain(parentMatchesSubdomains: parents), in: configuration, warn: warn)
        ownAddresses = Set(try configuration.ownInterfaceAddresses().compactMap { IPAddress(bytes: $0.bytes) })
        delaysReject = try isYes(SMTPServerParameters.delayReject)
        judgesRelayFirst = try isYes(SMTPServerParameters.relayFirst)
        rejectsUnlistedRecipient = try isYes(SMTPServerParameters.rejectUnlistedRecipient)
        rejectsUnlistedSender = try isYes(SMTPServerParameters.rejectUnlistedSender)
        allowsUntrustedRouting = try isYes(SMTPServerParameters.allowUntrustedRouting)
        nullAccessKey = try configuration.value(of: SMTPServerParameters.nullAccessKey)
        parentMatchesSubdomains = try configuration.parentMatchesSubdomains("smtpd_access_maps")
        bareNewline = try configuration.value(of: SMTPServerParameters.bareNewline)
        var clients: [LocalHeaderClients] = []
        for word in try configuration.value(of: SMTPServerParameters.localHeaderClients).words {
            switch word.lowercased() {
            case "permit_inet_interfaces": clients.append(.inetInterfaces)
            case "permit_mynetworks": clients.append(.myNetworks)
            case "permit_sasl_authenticated", "permit_tls_clientcerts", "permit_tls_all_clientcerts": break
            default: throw ConfigurationError("local_header_rewrite_clients: Martlet has no \(word) there yet")
            }
        }
        localHeaderClients = clients
    }
}
