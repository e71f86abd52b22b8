import Testing

@testable import Configuration
@testable import LookupTables

@Suite("types of tables")
struct TableTypeTests {
    struct Query: Sendable, CustomTestStringConvertible {
        /// `FILE` stands for the file with `text`.
        var table: String
        var text: String
        var key: String
        var expected: String?
        init(_ table: String, _ text: String, _ key: String, _ expected: String?) {
            self.table = table
            self.text = text
            self.key = key
            self.expected = expected
        }
        var testDescription: String { "\(table) \(key)" }
    }

    private static let map = """
        # comment
        user@Example.com   Value One
        continued one,
            two
        "quoted key" v
        dup first
        dup second
        nokey
        UPPER x
        ümlaut ä
        """

    private static let expressions = """
        /^user\\+(.*)@(.*)$/ to $1 at ${2}, costs $$5, $(1)!
        /^case/i lower only
        !/@/ no at sign
        if /^outer/
        /inner/ both
        !/other/ not other
        endif
        if !/^outer/
        /second@/ second
        endif
        |^a/b| slash
        /plain@x/ PLAIN
        /(broken/ x
        """

    private static let networks = """
        192.0.2.1 one
        192.0.2.0/24 net
        !10.0.0.0/8 not ten
        2001:db8::/32 six
        if 10.0.0.0/8
        10.1.0.0/16 ten one
        endif
        """

    private static let texthash = [
        Query("texthash:FILE", map, "user@example.com", "Value One"),
        Query("texthash:FILE", map, "USER@EXAMPLE.COM", "Value One"),
        Query("texthash:FILE", map, "continued", "one,    two"), Query("texthash:FILE", map, "\"quoted key\"", "v"),
        Query("texthash:FILE", map, "upper", "x"), Query("texthash:FILE", map, "nokey", nil),
        Query("texthash:FILE", map, "none", nil),
    ]

    private static let regexp = [
        Query("regexp:FILE", expressions, "user+a b@c", "to a b at c, costs $5, a b!"),
        Query("regexp:FILE", expressions, "case@x", "lower only"),
        Query("regexp:FILE", expressions, "CASE@x", nil), Query("regexp:FILE", expressions, "nothing", "no at sign"),
        Query("regexp:FILE", expressions, "outer@inner", "both"), Query("regexp:FILE", expressions, "outer@x", "not other"),
        Query("regexp:FILE", expressions, "outer@other", nil), Query("regexp:FILE", expressions, "my@second@x", "second"),
        Query("regexp:FILE", expressions, "outer@other second@", nil), Query("regexp:FILE", expressions, "a/b@", "slash"),
        Query("regexp:FILE", expressions, "PLAIN@X", "PLAIN"),
    ]

    private static let cidr = [
        Query("cidr:FILE", networks, "192.0.2.1", "one"), Query("cidr:FILE", networks, "192.0.2.2", "net"),
        Query("cidr:FILE", networks, "10.1.2.3", "ten one"), Query("cidr:FILE", networks, "10.2.0.0", nil),
        Query("cidr:FILE", networks, "203.0.113.1", "not ten"), Query("cidr:FILE", networks, "2001:db8::1", "six"),
        Query("cidr:FILE", networks, "no.address", nil),
    ]

    private static let others = [
        Query("static:OK", "", "anything", "OK"), Query("static:{ two words }", "", "x", "two words"),
        Query("inline:{a=1, { b = 2 3 }}", "", "A", "1"), Query("inline:{a=1, { b = 2 3 }}", "", "b", "2 3"),
        Query("inline:{a=1}", "", "c", nil), Query("regexp:{{/^[^A-Z]/ Bogus}}", "", "1get", "Bogus"),
        Query("cidr:{{192.0.2.0/24 x}, {::/0 y}}", "", "192.0.2.9", "x"),
        Query("unix:passwd.byname", "", "no-such-user-here", nil),
        Query("unix:passwd.byname", "", "root", "root:x:0:0:root:/root:/bin/bash"), Query("proxy:static:y", "", "x", "y"),
    ]

    @Test(
        "find what they should", arguments: texthash + regexp + cidr + others.filter { $0.expected?.hasPrefix("root") != true })
    func find(_ query: Query) throws {
        let directory = TemporaryDirectory()
        let path = try directory.write("table", query.text)
        let table = try LookupTables.open(query.table.replacing("FILE", with: path))
        #expect(try table.lookup(query.key) == query.expected)
    }

    @Test(
        "agree with the installed postmap", .enabled(if: Postfix.isInstalled, "no Postfix to compare with"),
        // Where the other side needs a running service, or more than 3.7, there is nothing to compare.
        arguments: (texthash + regexp + cidr + others).filter { !$0.table.hasPrefix("proxy:") })
    func agree(_ query: Query) throws {
        let directory = TemporaryDirectory()
        let path = try directory.write("table", query.text)
        let specification = query.table.replacing("FILE", with: path)
        let theirs = try Postfix.query(query.key, specification, in: directory)
        #expect(try LookupTables.open(specification).lookup(query.key) == theirs)
    }

    @Test(
        "what there is not is refused with the reason",
        arguments: [
            ("mysql:/etc/x", "no tables of type mysql yet"), ("hsah:/etc/x", "hsah is no table type"),
            ("/etc/aliases", "write a table as type:name"),
            ("hash:", "no name behind"), ("unix:shadow", "passwd.byname"), ("inline:x", "write inline:{"),
            ("inline:{nothing}", "no \"=\""),
            ("pipemap:{hash:/a, hash:/b}", "no tables of type pipemap yet"), ("static:{x", "\"}\" is missing"),
        ])
    func refused(specification: String, reason: String) {
        #expect { try LookupTables.open(specification) } throws: { "\($0)".contains(reason) }
    }

    @Test(
        "a table that cannot be read opens, says so, and fails each lookup temporarily",
        arguments: ["hash:/nowhere/x", "texthash:/nowhere/x", "regexp:/nowhere/x", "cidr:/nowhere/x", "fail:now"])
    func unavailable(specification: String) throws {
        var warnings: [String] = []
        let table = try LookupTables.open(specification) { warnings.append($0) }
        #expect(throws: LookupError.self) { try table.lookup("key") }
        #expect(warnings.count == 1 || specification == "fail:now")
    }

    @Test("wrong lines are told with their numbers, and left out")
    func warnings() throws {
        let directory = TemporaryDirectory()
        let path = try directory.write("table", Self.expressions)
        var warnings: [String] = []
        _ = try LookupTables.open("regexp:" + path) { warnings.append($0) }
        #expect(warnings.count == 1 && warnings[0].contains("line 13: the expression (broken is wrong"))
        warnings = []
        _ = try LookupTables.open("texthash:" + (try directory.write("map", Self.map))) { warnings.append($0) }
        #expect(warnings.count == 2 && warnings[0].contains("line 8") && warnings[1].contains("duplicate entry: \"dup\""))
    }
}
