package import Mail

/// Where a recipient's mail goes.
package enum ResolvedHop: Equatable, Sendable {
    /// `isLocal`: of a domain in mydestination.
    case deliver(transport: String, nextHop: String, isLocal: Bool)
    /// The resolver could not tell now: try again.
    case `defer`(DeliveryStatus)
    /// Never deliverable.
    case fail(DeliveryStatus)
}

/// The seam to routing: transport_maps, address classes, relayhost.
package protocol RecipientResolver {
    func resolve(_ recipient: EmailAddress, sender: ReversePath) -> ResolvedHop
}
