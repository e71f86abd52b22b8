import LookupTables
import Mail
import Testing

@testable import Configuration
@testable import Routing

@Suite("recipients that smtpd accepts")
struct RecipientCheckTests {
    private func check(_ text: String, _ lines: String...) throws -> String {
        let configuration = try Configuration.with(
            "recipient_delimiter = +", "virtual_alias_domains = alias.test",
            "virtual_alias_maps = inline:{known@alias.test=x@far.test}",
            "virtual_mailbox_domains = box.test", "virtual_mailbox_maps = inline:{u@box.test=x}", "relay_domains = relay.test",
            "relay_recipient_maps = inline:{u@relay.test=x}", "local_recipient_maps = inline:{u=x}",
            lines.joined(separator: "\n"))
        let resolver = try AddressResolver(configuration)
        let check = try RecipientCheck(configuration, resolver: resolver)
        switch try check.check(try resolver.resolve(recipient: address(text))) {
        case .acceptable: return "ok"
        case .unknown(let reply, let status, let text): return "\(reply) \(status) \(text)"
        }
    }

    @Test(
        "known or not",
        arguments: [
            ("u@example.com", "ok"), ("u+ext@example.com", "ok"),
            ("v@example.com", "550 5.1.1 User unknown in local recipient table"),
            ("Postmaster@example.com", "ok"), ("MAILER-DAEMON@localhost", "ok"), ("double-bounce@example.com", "ok"),
            ("known@alias.test", "ok"),
            ("other@alias.test", "550 5.1.1 User unknown in virtual alias table"), ("u@box.test", "ok"),
            ("v@box.test", "550 5.1.1 User unknown in virtual mailbox table"), ("u@relay.test", "ok"),
            ("v@relay.test", "550 5.1.1 User unknown in relay recipient table"), ("anybody@far.test", "ok"),
            ("-x@far.test", "550 5.1.3 bad address syntax"),
        ])
    func verdicts(text: String, expected: String) throws { #expect(try check(text) == expected) }

    @Test("settings of the replies")
    func settings() throws {
        #expect(
            try check("v@example.com", "unknown_local_recipient_reject_code = 450")
                == "450 4.1.1 User unknown in local recipient table")
        #expect(try check("v@example.com", "show_user_unknown_table_name = no") == "550 5.1.1 User unknown")
        #expect(try check("v@example.com", "local_recipient_maps =") == "ok")
        #expect(
            try check("v@far.test", "transport_maps = inline:{{far.test = error:5.7.1 not from here}}")
                == "550 5.7.1 not from here")
        #expect(try check("v@far.test", "transport_maps = inline:{{far.test = retry:4.7.1 later}}") == "450 4.7.1 later")
    }

    @Test("a table that cannot answer never makes a user unknown")
    func failures() throws {
        #expect(throws: LookupError.self) { try check("v@example.com", "local_recipient_maps = fail:x") }
        #expect(throws: LookupError.self) {
            try check("v@example.com", "virtual_alias_maps = fail:x", "virtual_alias_domains =")
        }
    }
}
