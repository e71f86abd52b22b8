import Mail
import Testing

@testable import Configuration
@testable import Routing

@Suite("addresses are completed")
struct AddressRewriterTests {
    @Test(
        "in the local context",
        arguments: [
            ("user@example.org", "user@example.org"), ("user", "user@mx.example.com"), ("user@host", "user@host"),
            ("user@example.org.", "user@example.org"), ("user@example.org..", "user@example.org.."),
            ("user%example.org", "user@example.org"),
            ("a%b%c", "a%b@c"), ("site!user", "user@site"), ("a!b!c", "b!c@a"), ("user%x@example.org", "user%x@example.org"),
            ("a b", "a b@mx.example.com"), ("a b!c", "a b!c@mx.example.com"), ("user@[192.0.2.1]", "user@[192.0.2.1]"),
            ("", ""),
            ("site!user%x", "user%x@site"),
        ])
    func local(text: String, expected: String) throws {
        let rewriter = try AddressRewriter(try .with())
        #expect(rewriter.rewrite(address(text)).internalForm == expected)
    }

    @Test("append_dot_mydomain completes hosts, not literals")
    func domain() throws {
        let rewriter = try AddressRewriter(try .with("append_dot_mydomain = yes", "myorigin = host"))
        #expect(rewriter.rewrite(address("user@other")).internalForm == "user@other.example.com")
        #expect(rewriter.rewrite(address("user")).internalForm == "user@host.example.com")
        #expect(rewriter.rewrite(address("user@[::1]")).internalForm == "user@[::1]")
    }

    @Test("each form can be switched off")
    func off() throws {
        let rewriter = try AddressRewriter(
            try .with("append_at_myorigin = no", "swap_bangpath = no", "allow_percent_hack = no"))
        for text in ["user", "a!b", "a%b"] { #expect(rewriter.rewrite(address(text)).internalForm == text) }
    }

    @Test("headers from outside are left alone unless a domain for them is set")
    func remote() throws {
        let none = try AddressRewriter(try .with())
        #expect(!none.rewritesHeaders(.remote) && none.rewritesHeaders(.local))
        #expect(none.rewrite(address("user"), .remote).internalForm == "user")
        let invalid = try AddressRewriter(try .with("remote_header_rewrite_domain = domain.invalid"))
        #expect(invalid.rewritesHeaders(.remote))
        #expect(invalid.rewrite(address("user"), .remote).internalForm == "user@domain.invalid")
    }

    @Test("the null sender stays null")
    func null() throws { #expect(try AddressRewriter(try .with()).rewrite(ReversePath.null) == .null) }
}
