import Mail
import Testing

@testable import Configuration
@testable import LookupTables

@Suite("lists of patterns")
struct MatchListTests {
    private func list(_ text: String, _ style: MatchList.Style = .domain(parentMatchesSubdomains: false)) throws -> MatchList {
        try MatchList(WordList.parse(text)?.words ?? [], style: style, parameter: "list")
    }

    @Test(
        "names",
        arguments: [
            ("a.b c.d", "C.D", true), ("a.b", "x.a.b", false), (".a.b", "x.a.b", true), (".a.b", "a.b", false),
            (".a.b", "xa.b", false),
            ("!x.a.b .a.b", "x.a.b", false), ("!x.a.b .a.b", "y.a.b", true), ("!!a.b", "a.b", true),
            ("inline:{a.b=1}", "a.b", true),
            ("inline:{.a.b=1}", "x.a.b", true), ("", "a.b", false), ("[192.0.2.1]", "[192.0.2.1]", true), ("a,b", "b", true),
        ])
    func names(text: String, name: String, expected: Bool) throws { #expect(try list(text).matches(name) == expected) }

    @Test("parents match where the parameter is in parent_domain_matches_subdomains")
    func parents() throws {
        let list = try list("a.b inline:{c.d=1}", .domain(parentMatchesSubdomains: true))
        #expect(try list.matches("x.y.a.b") && list.matches("a.b") && list.matches("x.c.d"))
        #expect(try !list.matches("xa.b"))
    }

    @Test("strings match exactly, literals too")
    func strings() throws {
        let list = try list("example.com [192.0.2.1] .x", .string)
        #expect(try list.matches("EXAMPLE.com") && list.matches("[192.0.2.1]"))
        #expect(try !list.matches("a.example.com") && !list.matches("y.x"))
    }

    @Test(
        "addresses",
        arguments: [
            ("127.0.0.0/8", "127.1.2.3", true), ("127.0.0.0/8", "128.0.0.1", false), ("192.0.2.1", "192.0.2.1", true),
            ("[::1]/128", "::1", true), ("[2001:db8::/32]", "2001:db8:1::1", true), ("2001:db8::/32", "2001:db9::1", false),
            ("[::ffff:127.0.0.0]/104", "127.0.0.1", true), ("!192.0.2.7 192.0.2.0/24", "192.0.2.7", false),
            ("!192.0.2.7 192.0.2.0/24", "192.0.2.8", true), ("cidr:{{10.0.0.0/8 x}}", "10.1.1.1", true),
            ("0.0.0.0/0", "8.8.8.8", true),
            ("0.0.0.0/0", "::1", false),
        ])
    func addresses(text: String, address: String, expected: Bool) throws {
        #expect(try list(text).matches(name: nil, address: try #require(IPAddress(address))) == expected)
    }

    @Test("a host matches by name or by address")
    func hosts() throws {
        let list = try list("good.example 192.0.2.1")
        let other = try #require(IPAddress("203.0.113.1"))
        #expect(try list.matches(name: "good.example", address: other))
        #expect(try !list.matches(name: "bad.example", address: other) && !list.matches(name: nil, address: other))
    }

    @Test("patterns in a file")
    func files() throws {
        let directory = TemporaryDirectory()
        let path = try directory.write("list", "# c\na.b, c.d\n  e.f\n192.0.2.0/24\n")
        #expect(try list("x \(path)").matches("e.f"))
        #expect(try list(path).matches(name: nil, address: try #require(IPAddress("192.0.2.3"))))
        #expect(try !list("!\(path) .b").matches("a.b"))
    }

    @Test("a file or table that is not there is a failure when it is asked, not before")
    func missing() throws {
        let list = try list("a.b /nowhere/x")
        #expect(try list.matches("a.b"))
        #expect(throws: LookupError.self) { try list.matches("c.d") }
        #expect(throws: LookupError.self) { try self.list("hash:/nowhere").matches("c.d") }
    }

    @Test(
        "what is wrong is told",
        arguments: [
            ("192.0.2.1/24", "perhaps you should use \"192.0.2.0/24\""),
            ("2001:db8::1/32", "perhaps you should use \"2001:db8::/32\""),
            ("192.0.2.0/33", "is no network"), ("!", "no pattern behind"), ("nosuch:x", "no table type"),
        ])
    func wrong(text: String, reason: String) { #expect { try list(text) } throws: { "\($0)".contains(reason) } }
}
