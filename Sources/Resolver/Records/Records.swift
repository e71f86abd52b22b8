/// The record types that the suite asks for, by their numbers (RFC 1035 section 3.2.2, RFC 3596, RFC 6698).
package enum RecordType: UInt16, Sendable, CustomStringConvertible {
    case a = 1
    case cname = 5
    case ptr = 12
    case mx = 15
    case txt = 16
    case aaaa = 28
    case tlsa = 52

    /// As in Postfix's texts: `Name service error for name=D type=MX`.
    package var description: String {
        switch self {
        case .a: "A"
        case .cname: "CNAME"
        case .ptr: "PTR"
        case .mx: "MX"
        case .txt: "TXT"
        case .aaaa: "AAAA"
        case .tlsa: "TLSA"
        }
    }
}

/// A mail exchanger, RFC 5321 section 5.1.
package struct MailExchanger: Hashable, Sendable {
    package var preference: UInt16
    /// Empty for the null MX of RFC 7505.
    package var host: String
    package init(preference: UInt16, host: String) {
        self.preference = preference
        self.host = host
    }
}

/// Records that were found, at most ``maximumRecords``.
package struct Answer<Record: Hashable & Sendable>: Hashable, Sendable {
    /// What a server sends beyond this is cut off, as in Postfix (dns_rr_list limit).
    package static var maximumRecords: Int { 100 }

    package var records: [Record]
    /// The name at the end of the CNAME chain, when it is not the one asked for.
    package var canonicalName: String?
    /// Seconds for which the answer holds.
    package var timeToLive: Int
    /// Validated by DNSSEC.
    package var isSecure: Bool

    package init(_ records: [Record], canonicalName: String? = nil, timeToLive: Int = 0, isSecure: Bool = false) {
        self.records = Array(records.prefix(Self.maximumRecords))
        self.canonicalName = canonicalName
        self.timeToLive = timeToLive
        self.isSecure = isSecure
    }

    func map<Other>(_ records: [Other]) -> Answer<Other> {
        Answer<Other>(records, canonicalName: canonicalName, timeToLive: timeToLive, isSecure: isSecure)
    }
}

/// What a look-up said. Only ``noSuchDomain`` and ``noData`` are definite; everything in doubt is ``temporaryFailure(_:)``.
package enum Lookup<Record: Hashable & Sendable>: Hashable, Sendable {
    case found(Answer<Record>)
    /// NXDOMAIN, or no name that could exist.
    case noSuchDomain
    /// The name exists, but has no such record.
    case noData
    /// No server, no answer in time, a broken or a forged one. The text is for the log.
    case temporaryFailure(String)

    /// Postfix's word for it (`dns_strerror`), as people grep for it.
    package var reason: String {
        switch self {
        case .found: ""
        case .noSuchDomain: "Host not found"
        case .noData: "Host found but no data record of requested type"
        case .temporaryFailure: "Host not found, try again"
        }
    }

    /// The records, or none.
    package var records: [Record] {
        if case .found(let answer) = self { answer.records } else { [] }
    }

    func mapFound<Other>(_ transform: (Answer<Record>) -> Lookup<Other>) -> Lookup<Other> {
        switch self {
        case .found(let answer): transform(answer)
        case .noSuchDomain: .noSuchDomain
        case .noData: .noData
        case .temporaryFailure(let text): .temporaryFailure(text)
        }
    }
}
