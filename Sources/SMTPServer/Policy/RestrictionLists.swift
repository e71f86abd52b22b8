internal import Configuration
internal import LookupTables

/// The restriction lists of main.cf.
///
/// *Failure:* lists that would let strangers relay do not start the server.
struct RestrictionLists: Sendable {
    let client: [Restriction]
    let helo: [Restriction]
    let sender: [Restriction]
    let relay: [Restriction]
    let recipient: [Restriction]
    let data: [Restriction]
    let endOfData: [Restriction]

    init(_ configuration: Configuration, warn: @escaping LookupTables.Warn) throws(ConfigurationError) {
        let classes = try configuration.value(of: SMTPServerParameters.restrictionClasses)
        guard classes.words.isEmpty else {
            throw ConfigurationError(
                "smtpd_restriction_classes: Martlet has no restriction classes yet; write their words into the lists")
        }
        let parser = RestrictionParser { (name) throws(ConfigurationError) in try LookupTables.open(name, warn: warn) }
        func list(_ parameter: Parameter<WordList>, _ stage: RestrictionStage) throws(ConfigurationError) -> [Restriction] {
            try parser.parse(parameter.name, try configuration.value(of: parameter).words, stage: stage)
        }
        client = try list(SMTPServerParameters.clientRestrictions, .client)
        helo = try list(SMTPServerParameters.heloRestrictions, .helo)
        sender = try list(SMTPServerParameters.senderRestrictions, .sender)
        relay = try list(SMTPServerParameters.relayRestrictions, .relay)
        recipient = try list(SMTPServerParameters.recipientRestrictions, .recipient)
        data = try list(SMTPServerParameters.dataRestrictions, .data)
        endOfData = try list(SMTPServerParameters.endOfDataRestrictions, .endOfData)
        guard (relay + recipient).contains(where: \.refusesStrangers) else {
            throw ConfigurationError(
                "in parameter smtpd_relay_restrictions or smtpd_recipient_restrictions, specify at least one working instance of: "
                    + "reject_unauth_destination, defer_unauth_destination, reject, defer, defer_if_permit")
        }
    }
}

extension Restriction {
    /// Whether it keeps mail for other domains from those that nothing before it has permitted.
    var refusesStrangers: Bool {
        switch self {
        case .rejectUnauthDestination, .deferUnauthDestination, .reject, .deferred, .deferIfPermit: true
        default: false
        }
    }
}
