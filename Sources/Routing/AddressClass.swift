/// What a recipient's domain is to this host; Postfix's ADDRESS_CLASS_README.
package enum AddressClass: Equatable, Sendable {
    /// mydestination, inet_interfaces and proxy_interfaces: local_transport.
    case local
    /// virtual_alias_domains: every address must have an alias elsewhere.
    case virtualAlias
    /// virtual_mailbox_domains: virtual_transport.
    case virtualMailbox
    /// relay_domains: relay_transport.
    case relay
    /// Everything else: default_transport, for trusted clients only.
    case other
}
