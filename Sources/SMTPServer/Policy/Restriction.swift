internal import LookupTables

/// A word of a restriction list that Martlet has.
indirect enum Restriction: Sendable {
    case permit
    case reject
    case deferred
    case permitMyNetworks
    case permitInetInterfaces
    /// Never matches as long as there is no SASL.
    case permitSASLAuthenticated
    case permitAuthDestination
    case rejectUnauthDestination
    case deferUnauthDestination
    case rejectNonFQDNSender
    case rejectNonFQDNRecipient
    case rejectNonFQDNHelo
    case rejectInvalidHelo
    case rejectUnauthPipelining
    case rejectUnlistedRecipient
    case rejectUnlistedSender
    case deferIfPermit
    case deferIfReject
    case access(AccessSubject, TableList)
    case warnIfReject(Restriction)
}

/// What an access table is asked about.
enum AccessSubject: Sendable {
    case client, helo, sender, recipient
}

/// Which list is being judged: it names what is rejected.
enum RestrictionStage: Sendable, CaseIterable {
    case client, helo, sender, relay, recipient, data, endOfData

    /// As in `<object>: Recipient address rejected: reason`.
    var subject: String {
        switch self {
        case .client: "Client host"
        case .helo: "Helo command"
        case .sender: "Sender address"
        case .relay, .recipient: "Recipient address"
        case .data: "Data command"
        case .endOfData: "End-of-data"
        }
    }
}
