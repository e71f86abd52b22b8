import Mail
import Testing

@testable import LookupTables

@Suite("lookups by parts of an address")
struct AddressLookupTests {
    private let plus = AddressExtension(delimiters: "+")

    @Test(
        "extensions",
        arguments: [
            ("user+ext", "+", "user", "+ext"), ("user+a+b", "+", "user", "+a+b"), ("user-a+b", "+-", "user", "-a+b"),
            ("user", "+", nil, nil), ("+user", "+", nil, nil), ("user+", "+", "user", "+"), ("user+ext", "", nil, nil),
            ("owner-list", "-", nil, nil), ("list-request", "-", nil, nil), ("Owner-list", "+", nil, nil),
            ("postmaster", "m", nil, nil), ("MAILER-DAEMON", "-", nil, nil), ("double-bounce", "-", nil, nil),
        ] as [(String, String, String?, String?)])
    func extensions(local: String, delimiters: String, user: String?, unmatched: String?) {
        let split = AddressExtension(delimiters: delimiters).split(local)
        #expect(split?.user == user && split?.unmatched == unmatched)
    }

    @Test(
        "the order of virtual(5)",
        arguments: [
            ("user+ext@local.test", ["user+ext@local.test", "user@local.test", "user+ext", "user", "@local.test"]),
            ("user@local.test", ["user@local.test", "user", "@local.test"]),
            ("user+ext@far.test", ["user+ext@far.test", "user@far.test", "@far.test"]),
            ("a b@far.test", ["\"a b\"@far.test", "a b@far.test", "@far.test"]), ("user", ["user"]),
        ])
    func virtual(address: String, order: [String]) throws {
        let table = FakeTable([:])
        let found = try TableList([table]).find(EmailAddress(internal: address), plus, isLocal: { $0 == "local.test" })
        #expect(found == nil && table.asked == order)
    }

    @Test("an address found without its extension keeps it")
    func unmatched() throws {
        let list = TableList([FakeTable(["user@x": "v", "all+y@x": "w"])])
        #expect(
            try list.find(EmailAddress(internal: "user+a@x"), plus, isLocal: { _ in false })
                == AddressMatch(value: "v", unmatchedExtension: "+a"))
        #expect(try list.find(EmailAddress(internal: "all+y@x"), plus, isLocal: { _ in false }) == AddressMatch(value: "w"))
    }

    @Test("tables of patterns see whole addresses only")
    func patterns() throws {
        let table = FakeTable([:], hasFixedKeys: false)
        _ = try TableList([table]).find(EmailAddress(internal: "user+ext@local.test"), plus, isLocal: { _ in true })
        _ = try TableList([table]).findTransport(EmailAddress(internal: "u+e@a.b"), plus, parentMatchesSubdomains: false)
        #expect(table.asked == ["user+ext@local.test", "u+e@a.b"])
    }

    @Test(
        "the order of transport(5)",
        arguments: [
            (false, ["u+e@a.b.c", "u@a.b.c", "a.b.c", ".b.c", ".c", "*"]),
            (true, ["u+e@a.b.c", "u@a.b.c", "a.b.c", "b.c", "c", "*"]),
        ])
    func transport(parents: Bool, order: [String]) throws {
        let table = FakeTable([:])
        _ = try TableList([table]).findTransport(EmailAddress(internal: "u+e@a.b.c"), plus, parentMatchesSubdomains: parents)
        #expect(table.asked == order)
    }

    @Test("the order of access(5)")
    func access() throws {
        let table = FakeTable([:])
        let list = TableList([table])
        _ = try list.findAccess(address: EmailAddress(internal: "u+e@a.b"), plus, parentMatchesSubdomains: true)
        #expect(table.asked == ["u+e@a.b", "u@a.b", "a.b", "b", "u+e@", "u@"])
        let hosts = FakeTable([:])
        _ = try TableList([hosts]).findAccess(host: "m.a.b", parentMatchesSubdomains: false)
        #expect(hosts.asked == ["m.a.b", ".a.b", ".b"])
        let four = FakeTable([:])
        _ = try TableList([four]).findAccess(address: try #require(IPAddress("192.0.2.1")))
        #expect(four.asked == ["192.0.2.1", "192.0.2", "192.0", "192"])
        let six = FakeTable([:])
        _ = try TableList([six]).findAccess(address: try #require(IPAddress("2001:db8::1")))
        #expect(six.asked == ["2001:db8::1", "2001:db8", "2001"])
    }

    @Test("a broken table is a failure, also behind one that does not know; one before it that knows answers")
    func failures() throws {
        let broken = FakeTable([:], fails: true)
        #expect(throws: LookupError.self) { try TableList([FakeTable([:]), broken]).lookup("k") }
        #expect(try TableList([FakeTable(["k": "v"]), broken]).lookup("k") == "v")
    }
}
