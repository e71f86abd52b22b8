import Testing

@testable import SMTPServer

@Suite("host names")
struct HostNameSyntaxTests {
    @Test(
        "are valid or not",
        arguments: [
            ("a", true), ("a.b", true), ("a.b.", true), ("a_b.c", true), ("1a.2", true), ("", false), (".", false),
            ("a..b", false), ("-a.b", false),
            ("a-.b", false), ("1.2.3.4", false), ("a b", false), ("a.b..", false),
            (String(repeating: "a", count: 64) + ".b", false),
        ])
    func valid(_ name: String, _ expected: Bool) { #expect(HostNameSyntax.isValid(name) == expected) }

    @Test(
        "address literals",
        arguments: [
            ("[192.0.2.1]", true), ("[IPv6:2001:db8::1]", true), ("[ipv6:::1]", true), ("[::1]", true), ("192.0.2.1", false),
            ("[x]", false), ("[]", false),
        ])
    func literal(_ text: String, _ expected: Bool) { #expect(HostNameSyntax.isAddressLiteral(text) == expected) }
}
