/// Parameters of Martlet that Postfix does not have, and defaults that are not Postfix's, for commands that do not ask the programs.
///
/// A program declares its parameters itself; this list repeats the name and the default only, and Tests/System/test_postconf.py compares it
/// with what every program declares.
package enum OwnParameters {
    /// nil: Postfix's default holds.
    package static func defaultText(_ name: String) -> String? { defaults[name] }

    package static var names: some Collection<String> { defaults.keys }

    private static let defaults: [String: String] = [
        "config_directory": "/etc/martlet",
        "daemon_directory": "/usr/lib/martlet",
        "data_directory": "/var/lib/martlet",
        "local_submission_concurrency_limit": "50",
        "mail_name": "Martlet",
        "mail_owner": "martlet",
        "mail_version": "0.1.0",
        "martlet_queue_undelete_time": "0s",
        "martlet_resolver_config": "",
        "martlet_stop_time_limit": "20s",
        "queue_directory": "/var/spool/martlet",
        "smtpd_content_collect_limit": "1048576",
        "smtpd_content_memory_limit": "33554432",
        "smtpd_forbid_bare_newline": "normalize",
        "smtpd_relay_restrictions": "permit_mynetworks, permit_sasl_authenticated, defer_unauth_destination",
        "smtpd_sessions_per_process": "100",
    ]
}
