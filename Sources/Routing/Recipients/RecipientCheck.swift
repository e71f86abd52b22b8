package import Configuration
package import LookupTables
package import Mail

/// Whether a recipient exists, as far as tables tell: smtpd asks this before it accepts a recipient.
///
/// *Failure:* ``LookupError`` when a table cannot answer: 451 4.3.0, never "unknown".
package struct RecipientCheck: Sendable {
    package enum Verdict: Equatable, Sendable {
        /// It is known, or its class has no table of recipients.
        case acceptable
        /// `text` comes behind `<recipient>: Recipient address rejected: `.
        case unknown(reply: UInt16, status: EnhancedStatus, text: String)
    }

    package let resolver: AddressResolver
    private let aliases: VirtualAliases
    private let tables: [AddressClass: Table]
    private let unknownVirtualAliasCode: UInt16
    private let doubleBounceSender: String

    private struct Table: Sendable {
        var maps: TableList
        var code: UInt16
        var text: String
    }

    package init(
        _ configuration: Configuration, resolver: AddressResolver, warn: LookupTables.Warn = { _ in }
    ) throws(ConfigurationError) {
        self.resolver = resolver
        aliases = try VirtualAliases(configuration, resolver: resolver, warn: warn)
        let showsTable = try configuration.value(of: RoutingParameters.showUnknownTableName).isYes
        func table(
            _ maps: Parameter<WordList>, _ code: Parameter<Int>, _ name: String
        ) throws(ConfigurationError) -> Table {
            Table(
                maps: try TableList.open(maps, in: configuration, warn: warn),
                code: UInt16(clamping: try configuration.value(of: code)),
                text: "User unknown" + (showsTable ? " in \(name) table" : ""))
        }
        tables = [
            .local: try table(RoutingParameters.localRecipientMaps, RoutingParameters.unknownLocalCode, "local recipient"),
            .virtualMailbox: try table(
                RoutingParameters.virtualMailboxMaps, RoutingParameters.unknownVirtualMailboxCode, "virtual mailbox"),
            .relay: try table(RoutingParameters.relayRecipientMaps, RoutingParameters.unknownRelayCode, "relay recipient"),
        ]
        unknownVirtualAliasCode = UInt16(clamping: try configuration.value(of: RoutingParameters.unknownVirtualAliasCode))
        doubleBounceSender = try configuration.value(of: BaseParameters.doubleBounceSender).lowercasedASCII
    }

    /// - Parameter resolution: of this recipient, by ``resolver``.
    package func check(_ resolution: Resolution) throws(LookupError) -> Verdict {
        let recipient = resolution.recipient
        if try aliases.has(recipient) { return .acceptable }
        if resolution.transport == "error" || resolution.transport == "retry" { return undeliverable(resolution) }
        guard let table = tables[resolution.addressClass], !table.maps.isEmpty else { return .acceptable }
        if resolution.addressClass == .local, isReserved(recipient.localPart) { return .acceptable }
        let found = try table.maps.find(
            recipient, resolver.extensions, isLocal: { (domain) throws(LookupError) in try resolver.isOwn(domain) })
        if found != nil { return .acceptable }
        return .unknown(reply: table.code, status: Self.status(1, 1, for: table.code), text: table.text)
    }

    /// Names that exist on every host, whatever the tables say.
    private func isReserved(_ localPart: String) -> Bool {
        let name = localPart.lowercasedASCII
        return name == "postmaster" || name == "mailer-daemon" || name == doubleBounceSender
    }

    /// A recipient whose transport says no: the reply is what it says.
    private func undeliverable(_ resolution: Resolution) -> Verdict {
        let isRetry = resolution.transport == "retry"
        let code: UInt16 = isRetry ? 450 : resolution.addressClass == .virtualAlias ? unknownVirtualAliasCode : 550
        let words = resolution.nextHop.split(separator: " ", maxSplits: 1)
        if let first = words.first, let status = EnhancedStatus(first) {
            let text = words.count > 1 ? String(words[1]) : resolution.nextHop
            return .unknown(reply: code, status: Self.status(status.subject, status.detail, for: code), text: text)
        }
        return .unknown(reply: code, status: Self.status(1, 1, for: code), text: resolution.nextHop)
    }

    /// The class of a status follows that of the reply.
    private static func status(_ subject: UInt16, _ detail: UInt16, for code: UInt16) -> EnhancedStatus {
        EnhancedStatus(code < 500 ? .temporary : .permanent, subject, detail)
    }
}
