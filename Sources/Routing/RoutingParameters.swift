package import Configuration
internal import LookupTables

/// What decides how addresses are completed and where mail goes. For the lists of smtpd, cleanup, qmgr and local.
package enum RoutingParameters {
    package static let all: [any AnyParameter] = rewriting + classes + resolving + aliases

    // MARK: Rewriting

    package static let appendAtMyorigin = Parameter<YesNo>(
        "append_at_myorigin", default: "yes", summary: "Complete \"user\" with @$myorigin.")
    package static let appendDotMydomain = Parameter<YesNo>(
        "append_dot_mydomain", default: "${{$compatibility_level} <level {1} ? {yes} : {no}}",
        summary: "Complete \"user@host\" with .$mydomain.")
    package static let allowPercentHack = Parameter<YesNo>(
        "allow_percent_hack", default: "yes", summary: "Rewrite user%domain to user@domain.")
    package static let swapBangpath = Parameter<YesNo>(
        "swap_bangpath", default: "yes", summary: "Rewrite site!user to user@site.")
    package static let remoteHeaderRewriteDomain = Parameter<String>(
        "remote_header_rewrite_domain", default: "",
        summary: "The domain that completes addresses in headers from clients outside; empty: they are left alone.")

    package static let rewriting: [any AnyParameter] = [
        appendAtMyorigin, appendDotMydomain, allowPercentHack, swapBangpath, remoteHeaderRewriteDomain,
    ]

    // MARK: Classes of addresses

    package static let virtualAliasDomains = Parameter<WordList>(
        "virtual_alias_domains", default: "$virtual_alias_maps",
        summary: "Domains whose addresses are all aliases of addresses elsewhere.")
    package static let virtualMailboxDomains = Parameter<WordList>(
        "virtual_mailbox_domains", default: "$virtual_mailbox_maps", summary: "Domains whose mail virtual_transport delivers.")
    package static let localRecipientMaps = Parameter<WordList>(
        "local_recipient_maps", default: "proxy:unix:passwd.byname $alias_maps",
        summary: "Tables with all users of mydestination; mail for others is refused. Empty: everybody is taken.")
    package static let relayRecipientMaps = Parameter<WordList>(
        "relay_recipient_maps", default: "",
        summary: "Tables with all users of relay_domains; mail for others is refused. Empty: everybody is taken.")
    package static let virtualMailboxMaps = Parameter<WordList>(
        "virtual_mailbox_maps", default: "", summary: "Tables with all users of virtual_mailbox_domains.")
    package static let showUnknownTableName = Parameter<YesNo>(
        "show_user_unknown_table_name", default: "yes", summary: "Say in which table an unknown recipient was not found.")
    package static let unknownLocalCode = Parameter<Int>(
        "unknown_local_recipient_reject_code", default: "550", limits: 400...599,
        summary: "The reply to a recipient that is not in local_recipient_maps.")
    package static let unknownRelayCode = Parameter<Int>(
        "unknown_relay_recipient_reject_code", default: "550", limits: 400...599,
        summary: "The reply to a recipient that is not in relay_recipient_maps.")
    package static let unknownVirtualAliasCode = Parameter<Int>(
        "unknown_virtual_alias_reject_code", default: "550", limits: 400...599,
        summary: "The reply to a recipient that is not in virtual_alias_maps.")
    package static let unknownVirtualMailboxCode = Parameter<Int>(
        "unknown_virtual_mailbox_reject_code", default: "550", limits: 400...599,
        summary: "The reply to a recipient that is not in virtual_mailbox_maps.")

    package static let classes: [any AnyParameter] = [
        virtualAliasDomains, virtualMailboxDomains, localRecipientMaps, relayRecipientMaps, virtualMailboxMaps,
        showUnknownTableName, unknownLocalCode, unknownRelayCode, unknownVirtualAliasCode, unknownVirtualMailboxCode,
    ]

    // MARK: Resolving

    package static let transportMaps = Parameter<WordList>(
        "transport_maps", default: "", summary: "Tables from address or domain to transport:nexthop.")
    package static let relocatedMaps = Parameter<WordList>(
        "relocated_maps", default: "", summary: "Tables of users who have moved: mail is returned with the new place.")
    package static let relocatedPrefixEnable = Parameter<YesNo>(
        "relocated_prefix_enable", default: "yes", summary: "Put \"5.1.6 User has moved to\" before what relocated_maps say.")
    package static let emptyAddressRecipient = Parameter<String>(
        "empty_address_recipient", default: "MAILER-DAEMON", summary: "Who gets mail for the null address.")
    package static let resolveNumericDomain = Parameter<YesNo>(
        "resolve_numeric_domain", default: "no", summary: "Take user@ipaddress as user@[ipaddress].")
    package static let resolveDequotedAddress = Parameter<YesNo>(
        "resolve_dequoted_address", default: "yes", summary: "Look for @, % and ! in quoted local parts too.")
    package static let allowMinUser = Parameter<YesNo>(
        "allow_min_user", default: "no",
        summary: "Allow recipients that begin with \"-\", which commands may take for an option.")

    package static let resolving: [any AnyParameter] = [
        transportMaps, relocatedMaps, relocatedPrefixEnable, emptyAddressRecipient, resolveNumericDomain,
        resolveDequotedAddress, allowMinUser, AddressExtension.ownerRequestSpecial,
    ]

    // MARK: Virtual aliases

    package static let virtualAliasMaps = Parameter<WordList>(
        "virtual_alias_maps", default: "$virtual_maps",
        summary: "Tables from any address to other addresses, asked for every recipient before the message is queued.")
    package static let virtualAliasExpansionLimit = Parameter<Int>(
        "virtual_alias_expansion_limit", default: "1000", limits: 1...Int(Int32.max),
        summary: "How many addresses one recipient may become.")
    package static let virtualAliasRecursionLimit = Parameter<Int>(
        "virtual_alias_recursion_limit", default: "1000", limits: 1...Int(Int32.max),
        summary: "How deep aliases of aliases may go.")
    package static let virtualAliasAddressLengthLimit = Parameter<Int>(
        "virtual_alias_address_length_limit", default: "1000", limits: 1...Int(Int32.max),
        summary: "How long an address that an alias gives may be.")
    package static let propagateUnmatchedExtensions = Parameter<WordList>(
        "propagate_unmatched_extensions", default: "canonical, virtual",
        summary: "Which lookups carry +extension over to the result: canonical, virtual, alias, forward, include, generic.")

    package static let aliases: [any AnyParameter] = [
        virtualAliasMaps, virtualAliasExpansionLimit, virtualAliasRecursionLimit, virtualAliasAddressLengthLimit,
        propagateUnmatchedExtensions,
    ]
}
