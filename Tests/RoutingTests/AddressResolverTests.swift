import LookupTables
import Mail
import Testing

@testable import Configuration
@testable import Routing

@Suite("recipients are resolved")
struct AddressResolverTests {
    private func resolve(_ text: String, _ lines: String...) throws -> String {
        let configuration = try Configuration.with(lines.joined(separator: "\n"))
        let result = try AddressResolver(configuration).resolve(recipient: address(text))
        return "\(result.transport):\(result.nextHop) \(result.recipient.internalForm) \(result.addressClass)"
    }

    static let classes = """
        virtual_alias_domains = alias.test
        virtual_mailbox_domains = box.test
        relay_domains = relay.test
        """

    @Test(
        "by class",
        arguments: [
            ("u@example.com", "local:mx.example.com u@example.com local"),
            ("u@LOCALHOST", "local:mx.example.com u@LOCALHOST local"),
            ("u", "local:mx.example.com u@mx.example.com local"),
            ("u@alias.test", "error:5.1.1 User unknown in virtual alias table u@alias.test virtualAlias"),
            ("u@box.test", "virtual:box.test u@box.test virtualMailbox"),
            ("u@relay.test", "relay:relay.test u@relay.test relay"),
            ("u@sub.relay.test", "relay:sub.relay.test u@sub.relay.test relay"),
            ("u@far.test", "smtp:far.test u@far.test other"),
            ("u@[192.0.2.10]", "local:mx.example.com u@[192.0.2.10] local"),
            ("u@[IPv6:2001:db8::10]", "local:mx.example.com u@[IPv6:2001:db8::10] local"),
            ("u@[198.51.100.1]", "smtp:[198.51.100.1] u@[198.51.100.1] other"),
            ("u@far.test.", "smtp:far.test u@far.test other"),
        ])
    func byClass(text: String, expected: String) throws {
        #expect(try resolve(text, Self.classes, "mydestination = $myhostname example.com localhost") == expected)
    }

    @Test(
        "routes behind our own domain are seen",
        arguments: [
            ("u%far.test@example.com", "smtp:far.test u@far.test other"),
            ("u@far.test@example.com", "smtp:far.test u@far.test other"),
            ("far.test!u@example.com", "smtp:far.test u@far.test other"),
            ("u%example.com@example.com", "local:mx.example.com u@example.com local"),
            ("u%far.test@other.test", "smtp:other.test u%far.test@other.test other"),
            ("@example.com", "local:mx.example.com MAILER-DAEMON@example.com local"),
            ("", "local:mx.example.com MAILER-DAEMON@mx.example.com local"),
            ("a%b%far.test@example.com", "smtp:far.test a%b@far.test other"),
        ])
    func routes(text: String, expected: String) throws {
        #expect(try resolve(text, "mydestination = $myhostname example.com") == expected)
    }

    @Test("many operators come to an end")
    func operators() throws {
        for text in [
            String(repeating: "%", count: 300), String(repeating: "!", count: 300), String(repeating: "@", count: 300),
            "a%@%!@example.com",
        ] {
            _ = try resolve(text, "mydestination = $myhostname example.com")
            _ = try resolve(text + "@example.com", "mydestination = $myhostname example.com")
        }
    }

    @Test(
        "relayhost and the transports of classes",
        arguments: [
            ("u@far.test", "relayhost = [gw.test]:587", "smtp:[gw.test]:587 u@far.test other"),
            ("u@relay.test", "relayhost = [gw.test]\nrelay_domains = relay.test", "relay:[gw.test] u@relay.test relay"),
            ("u@example.com", "relayhost = [gw.test]", "local:mx.example.com u@example.com local"),
            (
                "u@far.test", "relayhost = [gw.test]\ndefault_transport = smtp:[other.test]",
                "smtp:[other.test] u@far.test other"
            ),
            (
                "u@far.test", "default_transport = error:5.7.1 outbound mail is off",
                "error:5.7.1 outbound mail is off u@far.test other"
            ),
            ("u@example.com", "local_transport = local", "local:example.com u@example.com local"),
            ("u@example.com", "local_transport = discard:silently", "discard:silently u@example.com local"),
        ])
    func transports(text: String, lines: String, expected: String) throws { #expect(try resolve(text, lines) == expected) }

    @Test(
        "transport_maps",
        arguments: [
            ("u@a.test", "smtp:[h] u@a.test other"), ("U+x@a.test", "smtp:[h] U+x@a.test other"),
            ("v@a.test", "slow:a.test v@a.test other"),
            ("v@sub.p.test", "smtp:[p] v@sub.p.test other"),
            ("v@p.test", "smtp:[rest] v@p.test other"),
            ("v@keep.test", "smtp:keep.test v@keep.test other"), ("v@default.test", "smtp:[d] v@default.test other"),
            ("u@example.com", "slow:example.com u@example.com local"),
            ("v@err.test", "error:5.1.1 no mail here v@err.test other"),
            ("v@bare.test", "slow:bare.test v@bare.test other"),
            ("v@silent.test", "error:Address is undeliverable v@silent.test other"),
        ])
    func maps(text: String, expected: String) throws {
        let map =
            "inline:{u@a.test=smtp:[h], a.test=slow:, .p.test=smtp:[p], keep.test=:, default.test=:[d], example.com=slow, "
            + "{err.test = error:5.1.1 no mail here}, bare.test=slow, silent.test=error:, *=smtp:[rest]}"
        #expect(try resolve(text, "recipient_delimiter = +", "transport_maps = \(map)") == expected)
    }

    @Test("transport_maps cannot deliver to an alias domain")
    func aliasDomain() throws {
        #expect(
            try resolve("u@alias.test", Self.classes, "transport_maps = static:smtp:[x]", "show_user_unknown_table_name = no")
                == "error:5.1.1 User unknown u@alias.test virtualAlias")
    }

    @Test("users who have moved")
    func relocated() throws {
        #expect(
            try resolve("u@example.com", "relocated_maps = inline:{{u = u@new.test}}", "myorigin = example.com")
                == "error:5.1.6 User has moved to u@new.test u@example.com local")
    }

    @Test(
        "addresses of no form",
        arguments: ["-u@far.test", "u@-far.test", "u@a..b", "u@192.0.2.1", "u@[192.0.2.300]", "u@a b", "u@[::1]", "u@x_.-"])
    func invalid(text: String) throws { #expect(try resolve(text).hasPrefix("error:5.1.3 bad address syntax")) }

    @Test("a bare address becomes a literal where that is allowed")
    func numeric() throws {
        #expect(try resolve("u@192.0.2.10", "resolve_numeric_domain = yes") == "local:mx.example.com u@[192.0.2.10] local")
        #expect(try resolve("u@198.51.100.9", "resolve_numeric_domain = yes") == "smtp:[198.51.100.9] u@[198.51.100.9] other")
    }

    @Test(
        "a table that cannot answer is a temporary failure",
        arguments: [
            "mydestination = fail:x", "virtual_alias_domains = fail:x", "relay_domains = hash:/nowhere",
            "transport_maps = fail:x", "relocated_maps = fail:x",
        ])
    func failures(line: String) throws { #expect(throws: LookupError.self) { try resolve("u@far.test", line) } }

    @Test(
        "what cannot be obeyed stops the start",
        arguments: [
            ("sender_dependent_relayhost_maps = static:[x]", "routing by sender is not implemented"),
            ("default_transport = :x", "null transport"), ("proxy_interfaces = name", "no IP address"),
            ("transport_maps = mysql:/x", "no tables of type mysql"),
        ])
    func refused(line: String, reason: String) throws {
        #expect { try resolve("u@far.test", line) } throws: { "\($0)".contains(reason) }
    }
}
