package import Mail

/// Where a recipient's mail goes.
package enum ResolvedHop: Equatable, Sendable {
    case deliver(Route)
    /// The resolver could not tell now: try again.
    case `defer`(DeliveryStatus)

    package struct Route: Equatable, Sendable {
        package var transport: String
        package var nextHop: String
        /// The address as the next hop is to see it: a route through this host is stripped.
        package var recipient: EmailAddress
        /// Of a domain in mydestination.
        package var isLocal: Bool

        package init(transport: String, nextHop: String, recipient: EmailAddress, isLocal: Bool) {
            self.transport = transport
            self.nextHop = nextHop
            self.recipient = recipient
            self.isLocal = isLocal
        }
    }
}

/// The seam to routing: transport_maps, address classes, relayhost.
package protocol RecipientResolver {
    func resolve(_ recipient: EmailAddress, sender: ReversePath) -> ResolvedHop
}
