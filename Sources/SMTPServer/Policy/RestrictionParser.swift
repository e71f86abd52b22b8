internal import Configuration
internal import LookupTables

/// Reads a restriction list of main.cf.
///
/// *Failure:* a word that Martlet does not have stops the start with a sentence that names it: a restriction that is silently
/// dropped would let in what the administrator meant to keep out.
struct RestrictionParser {
    /// Opens `type:name`.
    var open: (String) throws(ConfigurationError) -> any LookupTable

    func parse(_ parameter: String, _ words: [String], stage: RestrictionStage) throws(ConfigurationError) -> [Restriction] {
        var list: [Restriction] = []
        var rest = words[...]
        while let word = rest.popFirst() {
            list.append(try restriction(word.lowercased(), original: word, &rest, parameter, stage))
        }
        return list
    }

    private func restriction(
        _ word: String, original: String, _ rest: inout ArraySlice<String>, _ parameter: String, _ stage: RestrictionStage
    ) throws(ConfigurationError) -> Restriction {
        if let simple = Self.simple[word] { return simple }
        if let subject = Self.accessSubjects[word] {
            guard let table = rest.popFirst() else {
                throw ConfigurationError("\(parameter): \(original) wants the name of a table behind it")
            }
            return .access(subject, TableList([try openTable(table, parameter)]))
        }
        if word == "warn_if_reject" {
            guard let next = rest.popFirst() else {
                throw ConfigurationError("\(parameter): warn_if_reject wants a restriction behind it")
            }
            return .warnIfReject(try restriction(next.lowercased(), original: next, &rest, parameter, stage))
        }
        // A bare table is one of the list's own subject.
        if original.contains(":"), let subject = Self.subject(of: stage) {
            return .access(subject, TableList([try openTable(original, parameter)]))
        }
        if Self.postfix.contains(word) {
            throw ConfigurationError(
                "\(parameter): Martlet has no \(original) yet, and would let in what it keeps out; take it out of the list")
        }
        throw ConfigurationError("\(parameter): there is no restriction named \(original)")
    }

    private func openTable(_ name: String, _ parameter: String) throws(ConfigurationError) -> any LookupTable {
        do throws(ConfigurationError) {
            return try open(name)
        } catch {
            throw ConfigurationError("\(parameter): \(error.message)")
        }
    }

    private static func subject(of stage: RestrictionStage) -> AccessSubject? {
        switch stage {
        case .client: .client
        case .helo: .helo
        case .sender: .sender
        case .relay, .recipient: .recipient
        case .data, .endOfData: nil
        }
    }

    static let simple: [String: Restriction] = [
        "permit": .permit, "reject": .reject, "defer": .deferred, "permit_mynetworks": .permitMyNetworks,
        "permit_inet_interfaces": .permitInetInterfaces, "permit_sasl_authenticated": .permitSASLAuthenticated,
        "permit_auth_destination": .permitAuthDestination, "reject_unauth_destination": .rejectUnauthDestination,
        "defer_unauth_destination": .deferUnauthDestination, "reject_non_fqdn_sender": .rejectNonFQDNSender,
        "reject_non_fqdn_recipient": .rejectNonFQDNRecipient, "reject_non_fqdn_helo_hostname": .rejectNonFQDNHelo,
        "reject_non_fqdn_hostname": .rejectNonFQDNHelo, "reject_invalid_helo_hostname": .rejectInvalidHelo,
        "reject_invalid_hostname": .rejectInvalidHelo, "reject_unauth_pipelining": .rejectUnauthPipelining,
        "reject_unlisted_recipient": .rejectUnlistedRecipient, "reject_unlisted_sender": .rejectUnlistedSender,
        "defer_if_permit": .deferIfPermit, "defer_if_reject": .deferIfReject,
    ]

    private static let accessSubjects: [String: AccessSubject] = [
        "check_client_access": .client, "check_helo_access": .helo, "check_sender_access": .sender,
        "check_recipient_access": .recipient,
    ]

    /// Postfix's other restrictions.
    private static let postfix: Set<String> = [
        "check_ccert_access", "check_client_a_access", "check_client_mx_access", "check_client_ns_access", "check_etrn_access",
        "check_helo_a_access", "check_helo_mx_access", "check_helo_ns_access", "check_policy_service",
        "check_recipient_a_access",
        "check_recipient_mx_access", "check_recipient_ns_access", "check_relay_domains",
        "check_reverse_client_hostname_a_access",
        "check_reverse_client_hostname_access", "check_reverse_client_hostname_mx_access",
        "check_reverse_client_hostname_ns_access", "check_sasl_access", "check_sender_a_access", "check_sender_mx_access",
        "check_sender_ns_access", "permit_dnswl_client", "permit_mx_backup", "permit_naked_ip_address", "permit_rhswl_client",
        "permit_tls_all_clientcerts", "permit_tls_clientcerts", "reject_authenticated_sender_login_mismatch",
        "reject_known_sender_login_mismatch", "reject_maps_rbl", "reject_multi_recipient_bounce", "reject_plaintext_session",
        "reject_rbl_client", "reject_rhsbl_client", "reject_rhsbl_helo", "reject_rhsbl_recipient",
        "reject_rhsbl_reverse_client", "reject_rhsbl_sender", "reject_sender_login_mismatch", "reject_unauth_pipelining",
        "reject_unauthenticated_sender_login_mismatch", "reject_unknown_address", "reject_unknown_client",
        "reject_unknown_client_hostname", "reject_unknown_forward_client_hostname", "reject_unknown_helo_hostname",
        "reject_unknown_hostname", "reject_unknown_recipient_domain", "reject_unknown_reverse_client_hostname",
        "reject_unknown_sender_domain", "reject_unverified_recipient", "reject_unverified_sender", "sleep",
    ]
}
