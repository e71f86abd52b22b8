import Platform
import Testing

@testable import Configuration
@testable import LookupTables

@Suite("tables made by postmap and newaliases")
struct DatabaseFileTests {
    let directory = TemporaryDirectory()

    private func open(_ path: String, type: String = "hash") throws -> any LookupTable {
        try LookupTables.open("\(type):\(path)")
    }

    @Test("what was written is found", arguments: ["hash", "btree", "lmdb"])
    func roundTrip(type: String) throws {
        let path = try directory.write("map", "Key  value one\nother\ta\n   b\n\"two words\" x\nÄgypten ä\nempty\n")
        var warnings: [String] = []
        #expect(try DatabaseFile.make(from: path, form: .map) { warnings.append($0) } == 4)
        #expect(warnings == ["\(path), line 6: expected format: key whitespace value"])
        let table = try open(path, type: type)
        #expect(try table.lookup("key") == "value one")
        #expect(try table.lookup("KEY") == "value one")
        #expect(try table.lookup("other") == "a   b")
        #expect(try table.lookup("\"two words\"") == "x")
        #expect(try table.lookup("ägypten") == "ä")
        #expect(try table.lookup("nothing") == nil)
        #expect(try table.lookup("") == nil)
        #expect(try table.lookup(String(repeating: "k", count: 5000)) == nil)
    }

    @Test("of several entries of a key the first counts")
    func duplicates() throws {
        let path = try directory.write("map", "k 1\nK 2\n")
        var warnings: [String] = []
        try DatabaseFile.make(from: path, form: .map) { warnings.append($0) }
        #expect(warnings == ["\(path), line 2: duplicate entry: \"k\"; the first one counts"])
        #expect(try open(path).lookup("k") == "1")
    }

    @Test("a reader keeps the table that it opened, the next one gets the new")
    func replacement() throws {
        let path = try directory.write("map", "k old\n")
        try DatabaseFile.make(from: path, form: .map)
        let before = try open(path)
        try directory.write("map", "k new\n")
        try DatabaseFile.make(from: path, form: .map)
        #expect(try before.lookup("k") == "old")
        #expect(try open(path).lookup("k") == "new")
        #expect(try POSIXFileSystem().list(directory.path).sorted() == ["map", "map.lmdb"])
    }

    @Test("a table that cannot be made leaves the old one")
    func failure() throws {
        let path = try directory.write("map", "k old\n")
        try DatabaseFile.make(from: path, form: .map)
        try POSIXFileSystem().unlink(path)
        #expect(throws: ConfigurationError.self) { try DatabaseFile.make(from: path, form: .map) }
        #expect(try open(path).lookup("k") == "old")
    }

    @Test("many entries")
    func many() throws {
        let text = (0..<20_000).map { "user\($0)@example.com value \($0)\n" }.joined()
        let path = try directory.write("map", text)
        #expect(try DatabaseFile.make(from: path, form: .map) == 20_000)
        let table = try open(path)
        for number in stride(from: 0, to: 20_000, by: 997) {
            #expect(try table.lookup("user\(number)@example.com") == "value \(number)")
        }
    }

    @Test("no database yet: the reason says how to make it")
    func missing() throws {
        let path = try directory.write("map", "k v\n")
        #expect { try open(path).lookup("k") } throws: { "\($0)".contains("run \"martlet map \(path)\"") }
    }

    @Test("a damaged database is a temporary failure")
    func damaged() throws {
        let path = try directory.write("map", "k v\n")
        try directory.write("map.lmdb", "this is no database at all")
        #expect(throws: LookupError.self) { try open(path).lookup("k") }
    }

    @Test("newaliases makes the tables of alias_database")
    func aliases() throws {
        let path = try directory.write(
            "aliases",
            "# comment\npostmaster: root\nRoot:\tme@example.com,\n  |\"/bin/prog a b\"\n\"Quoted Name\": x\nno colon\na@b: c\nempty:\n"
        )
        let configuration = Configuration(
            directory: "/", settings: ["alias_database": .init("hash:\(path), nis:mail.aliases \(path)")])
        var warnings: [String] = []
        let outcomes = try AliasDatabase.rebuild(configuration) { warnings.append($0) }
        #expect(outcomes.map(\.entries) == [4, 4] && outcomes[0].path == path)
        #expect(warnings.filter { $0.contains("expected format: name: value") }.count == 2)
        #expect(warnings.contains { $0.contains("name must be local") })
        #expect(warnings.contains { $0.hasPrefix("alias_database: nis:mail.aliases") })
        let table = try open(path)
        #expect(try table.lookup("postmaster") == "root")
        #expect(try table.lookup("root") == "me@example.com,  |\"/bin/prog a b\"")
        #expect(try table.lookup("quoted name") == "x")
        #expect(try table.lookup("empty") == "")
    }
}
