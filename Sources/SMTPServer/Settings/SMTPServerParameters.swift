package import Configuration
internal import Routing

/// What main.cf may say to smtpd. Names and defaults are Postfix's but for those marked as Martlet's own.
package enum SMTPServerParameters {
    package static let all: [any AnyParameter] =
        BaseParameters.all + RoutingParameters.all + session + limits + restrictions + recipients + replies + content

    // MARK: The session

    static let banner = Parameter<String>(
        "smtpd_banner", default: "$myhostname ESMTP $mail_name", summary: "The text after 220; must begin with the host's name."
    )
    static let timeout = Parameter<Duration>(
        "smtpd_timeout", default: "${stress?{10}:{300}}s", limits: .seconds(1)...(.seconds(Int64(Int32.max))),
        summary: "How long a client may stay silent before it is disconnected with 421.")
    static let heloRequired = Parameter<YesNo>(
        "smtpd_helo_required", default: "no", summary: "Demand HELO or EHLO before MAIL.")
    static let disableVerify = Parameter<YesNo>("disable_vrfy_command", default: "no", summary: "Refuse VRFY.")
    static let discardKeywords = Parameter<WordList>(
        "smtpd_discard_ehlo_keywords", default: "", summary: "Extensions that are not announced in the reply to EHLO.")
    static let forbiddenCommands = Parameter<WordList>(
        "smtpd_forbidden_commands", default: "CONNECT GET POST regexp:{{/^[^A-Z]/ Bogus}}",
        summary: "Commands after which the client is disconnected. Words only, beside the default's expression.")
    static let peerNameLookup = Parameter<YesNo>(
        "smtpd_peername_lookup", default: "yes", summary: "Look up the client's name, and whether it leads back to its address."
    )
    static let clientPortLogging = Parameter<YesNo>(
        "smtpd_client_port_logging", default: "no", summary: "Log the client's port as well.")
    static let strictSMTPUTF8 = Parameter<YesNo>(
        "strict_smtputf8", default: "no", summary: "Accept unicode addresses only when MAIL declares SMTPUTF8.")

    static let session: [any AnyParameter] = [
        banner, timeout, heloRequired, disableVerify, discardKeywords, forbiddenCommands, peerNameLookup, clientPortLogging,
        strictSMTPUTF8,
    ]

    // MARK: Limits

    static let lineLength = Parameter<Int>(
        "line_length_limit", default: "2048", limits: 512...1_048_576, summary: "The longest command, in octets.")
    static let recipientLimit = Parameter<Int>(
        "smtpd_recipient_limit", default: "1000", limits: 1...1_000_000, summary: "Recipients of one message.")
    static let recipientOvershoot = Parameter<Int>(
        "smtpd_recipient_overshoot_limit", default: "1000", limits: 1...1_000_000,
        summary: "Recipients over the limit that are refused before they count as errors.")
    static let softErrors = Parameter<Int>(
        "smtpd_soft_error_limit", default: "10", limits: 0...1_000_000, summary: "Errors after which replies are delayed.")
    static let hardErrors = Parameter<Int>(
        "smtpd_hard_error_limit", default: "${stress?{1}:{20}}", limits: 1...1_000_000,
        summary: "Errors after which the client is disconnected.")
    static let errorSleep = Parameter<Duration>(
        "smtpd_error_sleep_time", default: "1s", limits: .seconds(0)...(.seconds(3600)),
        summary: "How long replies are delayed after smtpd_soft_error_limit errors.")
    static let junkCommands = Parameter<Int>(
        "smtpd_junk_command_limit", default: "${stress?{1}:{100}}", limits: 1...1_000_000,
        summary: "Commands without mail after which each further one is an error.")
    static let sessions = Parameter<Int>(
        "smtpd_sessions_per_process", default: "100", limits: 1...100_000,
        summary: "Martlet's own: sessions of one process, which is what a crash can cost.")
    static let ipcIdle = Parameter<Duration>(
        "ipc_idle", default: "5s", limits: .seconds(1)...(.seconds(3600)),
        summary: "After how long an unused connection to another program is closed.")

    static let limits: [any AnyParameter] = [
        lineLength, recipientLimit, recipientOvershoot, softErrors, hardErrors, errorSleep, junkCommands, sessions, ipcIdle,
    ]

    // MARK: Content

    static let collectLimit = Parameter<Int>(
        "smtpd_content_collect_limit", default: "1048576", limits: 4096...4_000_000,
        summary: "Martlet's own: octets of a message that are kept until it is complete; a larger one is streamed to cleanup.")
    static let memoryLimit = Parameter<Int>(
        "smtpd_content_memory_limit", default: "33554432", limits: 65_536...Int.max,
        summary: "Martlet's own: octets of content that a process keeps over all sessions; beyond, every message is streamed.")
    static let bareNewline = Parameter<BareNewlinePolicy>(
        "smtpd_forbid_bare_newline", default: "normalize",
        summary: "What a bare <LF> in content is: a line's end (it never ends the content), or a reason to refuse.")
    static let cleanupService = Parameter<String>(
        "cleanup_service_name", default: "cleanup", summary: "The service of master.cf that takes messages.")

    static let content: [any AnyParameter] = [collectLimit, memoryLimit, bareNewline, cleanupService]

    // MARK: Restrictions

    static let delayReject = Parameter<YesNo>(
        "smtpd_delay_reject", default: "yes", summary: "Judge client, HELO and sender when RCPT comes.")
    static let clientRestrictions = Parameter<WordList>(
        "smtpd_client_restrictions", default: "", summary: "Restrictions on who may connect.")
    static let heloRestrictions = Parameter<WordList>(
        "smtpd_helo_restrictions", default: "", summary: "Restrictions on what a client calls itself.")
    static let senderRestrictions = Parameter<WordList>(
        "smtpd_sender_restrictions", default: "", summary: "Restrictions on senders.")
    static let relayRestrictions = Parameter<WordList>(
        "smtpd_relay_restrictions",
        // Postfix leaves this empty below compatibility_level 1, and then refuses to start when recipients are unrestricted too.
        default: "permit_mynetworks, permit_sasl_authenticated, defer_unauth_destination",
        summary: "Restrictions on relaying.")
    static let recipientRestrictions = Parameter<WordList>(
        "smtpd_recipient_restrictions", default: "", summary: "Restrictions on recipients.")
    static let dataRestrictions = Parameter<WordList>(
        "smtpd_data_restrictions", default: "", summary: "Restrictions on DATA.")
    static let endOfDataRestrictions = Parameter<WordList>(
        "smtpd_end_of_data_restrictions", default: "", summary: "Restrictions on the whole message.")
    static let restrictionClasses = Parameter<WordList>(
        "smtpd_restriction_classes", default: "", summary: "Names for lists of restrictions.")
    static let relayFirst = Parameter<YesNo>(
        "smtpd_relay_before_recipient_restrictions",
        default: "${{$compatibility_level} <level {3.6} ? {no} : {yes}}",
        summary: "Judge smtpd_relay_restrictions before smtpd_recipient_restrictions.")
    static let nullAccessKey = Parameter<String>(
        "smtpd_null_access_lookup_key", default: "<>", summary: "The key in access tables for the null sender.")
    static let allowUntrustedRouting = Parameter<YesNo>(
        "allow_untrusted_routing", default: "no", summary: "Forward user%elsewhere@relayed for clients that may not relay.")
    static let localHeaderClients = Parameter<WordList>(
        "local_header_rewrite_clients", default: "permit_inet_interfaces",
        summary: "Clients whose messages get missing headers and complete addresses.")

    static let restrictions: [any AnyParameter] = [
        delayReject, clientRestrictions, heloRestrictions, senderRestrictions, relayRestrictions, recipientRestrictions,
        dataRestrictions, endOfDataRestrictions, restrictionClasses, relayFirst, nullAccessKey, allowUntrustedRouting,
        localHeaderClients,
    ]

    // MARK: Recipients

    static let rejectUnlistedRecipient = Parameter<YesNo>(
        "smtpd_reject_unlisted_recipient", default: "yes", summary: "Refuse recipients that do not exist.")
    static let rejectUnlistedSender = Parameter<YesNo>(
        "smtpd_reject_unlisted_sender", default: "no", summary: "Refuse senders of ours that do not exist.")
    static let recipients: [any AnyParameter] = [rejectUnlistedRecipient, rejectUnlistedSender]

    // MARK: Codes of replies

    static let rejectCode = code("reject_code", "554", "\"reject\"")
    static let deferCode = code("defer_code", "450", "\"defer\"")
    static let accessMapCode = code("access_map_reject_code", "554", "REJECT in an access table")
    static let relayCode = code("relay_domains_reject_code", "554", "reject_unauth_destination")
    static let invalidHostnameCode = code("invalid_hostname_reject_code", "501", "reject_invalid_helo_hostname")
    static let nonFQDNCode = code("non_fqdn_reject_code", "504", "the reject_non_fqdn restrictions")
    static let bareNewlineCode = code("smtpd_forbid_bare_newline_reject_code", "550", "a bare <LF> that is forbidden")

    static let replies: [any AnyParameter] = [
        rejectCode, deferCode, accessMapCode, relayCode, invalidHostnameCode, nonFQDNCode, bareNewlineCode,
    ]

    private static func code(_ name: String, _ text: String, _ what: String) -> Parameter<Int> {
        Parameter<Int>(name, default: text, limits: 400...599, summary: "The reply's code for \(what).")
    }
}

/// smtpd_forbid_bare_newline
enum BareNewlinePolicy: String, ParameterChoice {
    case no
    case yes
    case normalize
    case note
    case reject
}
