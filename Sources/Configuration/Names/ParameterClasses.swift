extension PostfixParameters {
    /// Names that Postfix knows for old configurations only: `postconf` shows one when main.cf sets it.
    package static let legacyNames: Set<String> = [
        "authorized_verp_clients", "fallback_relay", "lmtp_per_record_deadline", "postscreen_blacklist_action",
        "postscreen_dnsbl_ttl", "postscreen_dnsbl_whitelist_threshold", "postscreen_whitelist_interfaces",
        "smtp_per_record_deadline", "smtpd_client_connection_limit_exceptions", "smtpd_per_record_deadline",
        "tlsproxy_client_level", "tlsproxy_client_policy", "virtual_maps",
    ]

    /// Values in which `$name` is none of main.cf's, but filled in for each message or client.
    package static let unexpandedNames: Set<String> = [
        "command_execution_directory", "default_rbl_reply", "forward_path", "luser_relay", "mailbox_command",
        "postscreen_expansion_filter", "postscreen_reject_footer", "smtpd_expansion_filter", "smtpd_reject_footer",
    ]

    /// What the programs set themselves, whatever main.cf says.
    package static let readOnlyNames: Set<String> = ["process_id", "process_name", "service_name"]
}
