internal import LookupTables
internal import Mail
internal import MailLog
internal import Routing

/// Asks ``AddressResolver``: what Postfix's qmgr asks of trivial-rewrite.
///
/// *Failure:* a table that cannot answer defers the recipient and is logged.
struct RoutingResolver: RecipientResolver {
    let addresses: AddressResolver

    func resolve(_ recipient: EmailAddress, sender: ReversePath) -> ResolvedHop {
        do throws(LookupError) {
            let found = try addresses.resolve(recipient: recipient, sender: sender)
            return .deliver(
                .init(
                    transport: found.transport, nextHop: found.nextHop, recipient: found.recipient,
                    isLocal: found.addressClass == .local))
        } catch {
            Log.warning("\(error)")
            return .defer(DeliveryStatus(.deferred, EnhancedStatus(.temporary, 3, 0), "address resolver failure"))
        }
    }
}
