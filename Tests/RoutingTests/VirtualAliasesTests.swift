import LookupTables
import Mail
import Testing

@testable import Configuration
@testable import Routing

@Suite("virtual aliases")
struct VirtualAliasesTests {
    private func expand(_ text: String, _ map: String, _ lines: String...) throws -> [String] {
        let configuration = try Configuration.with(
            "virtual_alias_maps = inline:{\(map)}", "recipient_delimiter = +", "myorigin = example.com",
            lines.joined(separator: "\n"))
        let aliases = try VirtualAliases(configuration, resolver: try AddressResolver(configuration))
        return try aliases.expand(address(text)).map(\.internalForm)
    }

    @Test(
        "are expanded",
        arguments: [
            ("u@x.test", "", ["u@x.test"]), ("u@x.test", "u@x.test=a@b.test", ["a@b.test"]),
            ("u@x.test", "{u@x.test = a@b.test, c@d.test}", ["a@b.test", "c@d.test"]),
            ("u@x.test", "u@x.test=local", ["local@example.com"]), ("u@x.test", "@x.test=@y.test", ["u@y.test"]),
            ("u+e@x.test", "@x.test=@y.test", ["u+e@y.test"]), ("u+e@x.test", "u@x.test=a@b.test", ["a+e@b.test"]),
            ("u+e@x.test", "u@x.test=@y.test", ["u+e@y.test"]), ("u@example.com", "u=a@b.test", ["a@b.test"]),
            ("u@far.test", "u=a@b.test", ["u@far.test"]),
            ("u@x.test", "{u@x.test = a@x.test, b@x.test}, {a@x.test = c@y.test}", ["c@y.test", "b@x.test"]),
            // Itself, beside a copy.
            ("u@x.test", "{u@x.test = u@x.test, copy@y.test}", ["u@x.test", "copy@y.test"]),
            // Loops end, and nobody gets a message twice.
            ("a@x.test", "a@x.test=b@x.test, b@x.test=a@x.test", ["a@x.test"]),
            ("u@x.test", "{u@x.test = \"a b\"@y.test, Name <n@y.test>}", ["a b@y.test", "n@y.test"]),
            ("U@X.test", "u@x.test=a@b.test", ["a@b.test"]),
        ])
    func expands(text: String, map: String, expected: [String]) throws {
        #expect(try expand(text, map) == expected)
    }

    @Test("extensions are carried over only where that is wanted")
    func extensions() throws {
        #expect(try expand("u+e@x.test", "u@x.test=a@b.test", "propagate_unmatched_extensions = canonical") == ["a@b.test"])
        #expect(try expand("u+e@x.test", "u@x.test=@b.test", "propagate_unmatched_extensions =") == ["u@b.test"])
    }

    @Test(
        "limits",
        arguments: [
            (
                "virtual_alias_expansion_limit = 2", "{u@x.test = a@y.test, b@y.test, c@y.test}",
                "unreasonable virtual_alias_maps map expansion size for u@x.test"
            ),
            (
                "virtual_alias_recursion_limit = 2", "u@x.test=a@y.test, a@y.test=b@y.test, b@y.test=c@y.test",
                "map nesting for u@x.test"
            ),
            (
                "virtual_alias_address_length_limit = 8", "u@x.test=long@long.test",
                "unreasonable virtual_alias_maps result long@long.test"
            ),
            ("", "{u@x.test = ,}", "non-address result"),
        ])
    func limits(line: String, map: String, message: String) {
        #expect { try expand("u@x.test", map, line) } throws: {
            ($0 as? VirtualAliases.Failure)?.description.contains(message) == true
        }
    }

    @Test("a broken table is a failure")
    func broken() throws {
        let configuration = try Configuration.with("virtual_alias_maps = fail:x")
        // virtual_alias_domains is the same table by default: a domain list of its own keeps the resolver out of this.
        let resolver = try AddressResolver(try .with("virtual_alias_domains ="))
        let aliases = try VirtualAliases(configuration, resolver: resolver)
        #expect(throws: VirtualAliases.Failure.self) { try aliases.expand(address("u@x.test")) }
    }
}
