import Platform
import Testing

@Suite("users of the machine")
struct UserAccountTests {
    @Test("root is known by name and number, with its groups")
    func root() throws {
        let root = try #require(try UserAccount.named("root"))
        #expect(root.user == 0 && root.group == 0 && !root.home.isEmpty)
        #expect(try UserAccount.numbered(0)?.name == "root")
        #expect(try root.groups().contains(0))
    }

    @Test("a user who is not there is no error")
    func missing() throws { #expect(try UserAccount.named("no-such-user-here") == nil) }
}
