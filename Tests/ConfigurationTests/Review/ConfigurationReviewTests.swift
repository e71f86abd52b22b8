import Testing

@testable import Configuration

@Suite("what is not implemented is judged before the start")
struct ConfigurationReviewTests {
    private func findings(_ main: String, master: String = "", implemented: [String] = ["implemented_here"]) throws -> [String]
    {
        let services = try MasterFile.parse(Array(master.utf8), file: "master.cf")
        return ConfigurationReview(implemented: implemented).findings(try Configuration.reading(main), services: services).map {
            ($0.consequence == .stops ? "STOP " : "warn ") + $0.description
        }
    }

    @Test(
        "nothing is said",
        arguments: [
            "", "myhostname = x.y", "implemented_here = 1", "biff = no", "readme_directory = /x",
            "alias_maps = hash:/etc/aliases",
            // Postfix's own default.
            "smtpd_client_connection_rate_limit = 0", "maximal_queue_lifetime = 5d", "content_filter =", "smtpd_milters =",
            // The administrator's own name, used.
            "mine = 1\nmyhostname = ${mine}.x", "mine = 1\nmyhostname = ${{$mine} == {1}?x.y}",
            "smtpd_restriction_classes = strict\nstrict = reject", "smtpd_use_tls = no", "hash_queue_names = deferred",
            "virtual_mailbox_base = /x",
        ])
    func silent(main: String) throws { #expect(try findings(main) == []) }

    @Test(
        "the start is stopped where mail would go unprotected or elsewhere",
        arguments: [
            ("smtpd_tls_security_level = encrypt", "clients would not be made to use TLS"),
            ("smtp_tls_security_level = dane", "mail would be sent without TLS"),
            ("smtp_tls_security_level = ${nothing:verify}", "mail would be sent without TLS"),
            ("smtpd_milters = inet:localhost:8891", "no milter would see mail"),
            ("header_checks = regexp:/x", "not be checked"),
            ("content_filter = amavis:[127.0.0.1]:10024", "no filter would see mail"),
            ("smtpd_client_connection_rate_limit = 30", "connections would not be limited"),
            ("mailbox_transport = lmtp:unix:private/x", "delivered elsewhere"),
            ("smtpd_data_restrictions = reject_unauth_pipelining", "DATA would not be restricted"),
            ("smtp_sasl_auth_enable = yes", "without a login"),
            ("authorized_submit_users = !bad, static:all", "every local user"),
        ])
    func stops(main: String, sentence: String) throws {
        let found = try findings(main)
        #expect(found.count == 1 && found[0].hasPrefix("STOP main.cf, line 1: ") && found[0].contains(sentence), "\(found)")
    }

    @Test("one sentence for parameters that mean the same")
    func grouped() throws {
        #expect(
            try findings(
                "smtpd_tls_cert_file = /a\nsmtpd_tls_key_file = /b\nsmtpd_tls_security_level = may\nbiff = yes\nqueue_file_attribute_count_limit = 3"
            )
                == [
                    "warn main.cf, line 1: smtpd_tls_cert_file, smtpd_tls_key_file, smtpd_tls_security_level are not implemented: "
                        + "STARTTLS is not offered to clients",
                    "warn main.cf, line 5: queue_file_attribute_count_limit is not implemented: it has no effect",
                ])
    }

    @Test(
        "misspelt names get a suggestion",
        arguments: [
            ("mydestinations", "mydestination"), ("smtpd_recipient_restriction", "smtpd_recipient_restrictions"),
            ("rleayhost", "relayhost"), ("implemented_her", "implemented_here"),
        ])
    func suggestion(name: String, meant: String) throws {
        #expect(try findings("\(name) = 1") == ["warn main.cf, line 1: unused parameter: \(name) = 1; did you mean \(meant)?"])
    }

    @Test("names like nothing get none")
    func noSuggestion() throws {
        #expect(try findings("zzzzqqqq = 1") == ["warn main.cf, line 1: unused parameter: zzzzqqqq = 1"])
    }

    @Test("parameters of a transport need the transport")
    func transports() throws {
        let master = "slow unix - - n - 1 smtp\n"
        let implemented = ["slow_destination_rate_delay"]
        #expect(try findings("slow_destination_rate_delay = 1s", master: master, implemented: implemented) == [])
        #expect(try findings("quick_destination_rate_delay = 1s", master: master).count == 1)
    }

    @Test("-o is judged like main.cf")
    func overrides() throws {
        let master = "submission inet n - n - - smtpd\n  -o smtpd_tls_security_level=encrypt -o content_filter=\n"
        #expect(
            try findings("", master: master) == [
                "STOP master.cf, line 1: smtpd_tls_security_level is not implemented: clients would not be made to use TLS; "
                    + "remove it from the configuration to start without"
            ])
    }

    @Test(
        "services",
        arguments: [
            ("rewrite unix - - n - - trivial-rewrite", []), ("defer unix - - n - 0 bounce", []),
            ("tlsmgr unix - - n 1000? 1 tlsmgr", []),
            ("maildrop unix - n n - - pipe flags=DRXhu user=vmail argv=/x", []), ("lmtp unix - - n - - lmtp", []),
            (
                "proxymap unix - - n - - proxymap -o x=y",
                ["warn master.cf, line 1: service proxymap unix: proxymap is built in: -o x has no effect"]
            ),
            (
                "mine unix - n n - - pipe user=x argv=/y",
                [
                    "warn master.cf, line 1: service mine unix: there is no program pipe: mail for this transport stays in the queue"
                ]
            ),
            (
                "smtp inet n - n - 1 postscreen",
                [
                    "STOP master.cf, line 1: service smtp inet: there is no program postscreen: clients would not be screened; remove the line to start without"
                ]
            ),
        ])
    func services(line: String, expected: [String]) throws { #expect(try findings("", master: line) == expected) }

    @Test("declarations survive being printed and read")
    func dump() {
        let read = ParameterDump.parse(ParameterDump.text(BaseParameters.all))
        #expect(read == BaseParameters.all.map(DeclaredParameter.init))
    }
}
