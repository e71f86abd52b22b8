package import Configuration

/// What the SMTP client reads of main.cf, under Postfix's names.
package enum SMTPClientParameters {
    package static let all: [any AnyParameter] = dialogue + timeLimits + hosts + reuse

    private static let timeRange: ClosedRange<Duration> = .seconds(1)...(.seconds(Int64(Int32.max)))

    // MARK: Dialogue

    static let heloName = Parameter<String>(
        "smtp_helo_name", default: "$myhostname", summary: "The name sent in EHLO and HELO.")
    static let alwaysSendsEHLO = Parameter<YesNo>(
        "smtp_always_send_ehlo", default: "yes", summary: "Send EHLO to servers that do not greet with ESMTP, too.")
    static let neverSendsEHLO = Parameter<YesNo>("smtp_never_send_ehlo", default: "no", summary: "Send HELO only.")
    static let skips5xxGreeting = Parameter<YesNo>(
        "smtp_skip_5xx_greeting", default: "yes", summary: "Try another server when one greets with 5xx, and keep the mail.")
    static let skipsQuitResponse = Parameter<YesNo>(
        "smtp_skip_quit_response", default: "yes", summary: "Do not wait for the answer to QUIT.")
    static let discardedKeywords = Parameter<WordList>(
        "smtp_discard_ehlo_keywords", default: "", summary: "Extensions that are not used although the server offers them.")
    static let sendsEightBitAnyway = Parameter<YesNo>(
        "disable_mime_output_conversion", default: "no",
        summary: "Send 8-bit content also to servers without 8BITMIME; else such mail is returned when no server has it.")

    static let dialogue: [any AnyParameter] = [
        heloName, alwaysSendsEHLO, neverSendsEHLO, skips5xxGreeting, skipsQuitResponse, discardedKeywords, sendsEightBitAnyway,
    ]

    // MARK: Time limits

    static let connectTimeout = Parameter<Duration>(
        "smtp_connect_timeout", default: "30s", limits: timeRange, summary: "For a TCP connection.")
    static let heloTimeout = Parameter<Duration>(
        "smtp_helo_timeout", default: "300s", limits: timeRange, summary: "For the greeting, and for the reply to EHLO or HELO."
    )
    static let mailTimeout = Parameter<Duration>(
        "smtp_mail_timeout", default: "300s", limits: timeRange, summary: "For the reply to MAIL.")
    static let rcptTimeout = Parameter<Duration>(
        "smtp_rcpt_timeout", default: "300s", limits: timeRange, summary: "For the reply to RCPT.")
    static let dataInitTimeout = Parameter<Duration>(
        "smtp_data_init_timeout", default: "120s", limits: timeRange, summary: "For the reply to DATA.")
    static let dataXferTimeout = Parameter<Duration>(
        "smtp_data_xfer_timeout", default: "180s", limits: timeRange, summary: "For each part of the content to be taken.")
    static let dataDoneTimeout = Parameter<Duration>(
        "smtp_data_done_timeout", default: "600s", limits: timeRange, summary: "For the reply to the end of the content.")
    static let resetTimeout = Parameter<Duration>(
        "smtp_rset_timeout", default: "20s", limits: timeRange, summary: "For the reply to RSET.")
    static let quitTimeout = Parameter<Duration>(
        "smtp_quit_timeout", default: "300s", limits: timeRange, summary: "For the reply to QUIT, when it is waited for.")

    static let timeLimits: [any AnyParameter] = [
        connectTimeout, heloTimeout, mailTimeout, rcptTimeout, dataInitTimeout, dataXferTimeout, dataDoneTimeout, resetTimeout,
        quitTimeout,
    ]

    // MARK: Which hosts

    static let port = Parameter<String>(
        "smtp_tcp_port", default: "smtp", summary: "The port of next hops that name none.")
    static let fallbackRelay = Parameter<WordList>(
        "smtp_fallback_relay", default: "$fallback_relay", summary: "Where mail goes when no host of its next hop can be used.")
    static let oldFallbackRelay = Parameter<WordList>(
        "fallback_relay", default: "", summary: "The old name of smtp_fallback_relay.")
    static let hostLookup = Parameter<WordList>(
        "smtp_host_lookup", default: "dns", summary: "How host names become addresses: dns, native (/etc/hosts), or both.")
    static let disablesDNS = Parameter<YesNo>(
        "disable_dns_lookups", default: "no", summary: "No MX records, and host names by the C library only.")
    static let dnsSupport = Parameter<String>(
        "smtp_dns_support_level", default: "", summary: "disabled, enabled or dnssec; empty: as disable_dns_lookups says.")
    static let addressLimit = Parameter<Int>(
        "smtp_mx_address_limit", default: "5", limits: 0...Int(Int32.max),
        summary: "How many addresses of a next hop are tried; 0 means all.")
    static let sessionLimit = Parameter<Int>(
        "smtp_mx_session_limit", default: "2", limits: 0...Int(Int32.max),
        summary: "How many servers that answer are asked to take a message; 0 means all.")
    static let randomizesAddresses = Parameter<YesNo>(
        "smtp_randomize_addresses", default: "yes", summary: "Try hosts of equal preference in random order.")
    static let addressPreference = Parameter<AddressPreference>(
        "smtp_address_preference", default: "any", summary: "Which addresses of equal preference are tried first.")
    static let ignoresMXLookupError = Parameter<YesNo>(
        "ignore_mx_lookup_error", default: "no", summary: "Deliver to the domain's address when its MX records cannot be had.")
    static let defersWithoutAddress = Parameter<YesNo>(
        "smtp_defer_if_no_mx_address_found", default: "no", summary: "Keep mail when no MX host has an address.")
    static let bindAddress = Parameter<String>("smtp_bind_address", default: "", summary: "The local IPv4 address.")
    static let bindAddress6 = Parameter<String>("smtp_bind_address6", default: "", summary: "The local IPv6 address.")

    static let hosts: [any AnyParameter] = [
        port, fallbackRelay, oldFallbackRelay, hostLookup, disablesDNS, dnsSupport, addressLimit, sessionLimit,
        randomizesAddresses, addressPreference, ignoresMXLookupError, defersWithoutAddress, bindAddress, bindAddress6,
    ]

    // MARK: Connections that are kept

    static let keepsOnDemand = Parameter<YesNo>(
        "smtp_connection_cache_on_demand", default: "yes",
        summary: "Keep connections for the next message to the same next hop.")
    static let keepDestinations = Parameter<WordList>(
        "smtp_connection_cache_destinations", default: "", summary: "Next hops whose connections are kept in any case.")
    static let keepLimit = Parameter<Duration>(
        "smtp_connection_cache_time_limit", default: "2s", limits: timeRange, summary: "How long an idle connection is kept.")
    static let reuseTimeLimit = Parameter<Duration>(
        "smtp_connection_reuse_time_limit", default: "300s", limits: timeRange,
        summary: "The age up to which a connection is used again.")
    static let reuseCountLimit = Parameter<Int>(
        "smtp_connection_reuse_count_limit", default: "0", limits: 0...Int(Int32.max),
        summary: "How many messages one connection carries; 0 means no limit.")

    static let reuse: [any AnyParameter] = [keepsOnDemand, keepDestinations, keepLimit, reuseTimeLimit, reuseCountLimit]
}

/// smtp_address_preference
enum AddressPreference: String, ParameterChoice {
    case any, ipv4, ipv6
}
