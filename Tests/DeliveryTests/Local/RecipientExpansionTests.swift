import Configuration
import DaemonKit
import Mail
import Platform
import Testing

@testable import LocalDelivery

/// Settings of example.test with these aliases (`inline:`), as main.cf would give them.
func localSettings(_ aliases: [(String, String)] = [], _ values: [String: String] = [:]) throws -> LocalSettings {
    let lines = aliases.map { "{ \($0.0) = \($0.1) }" }.joined(separator: ", ").replacing("$", with: "$$")
    var settings = [
        "myhostname": "mx.example.test", "mydestination": "example.test", "mail_name": "Postfix", "recipient_delimiter": "+",
        "alias_maps": aliases.isEmpty ? "" : "inline:{\(lines)}", "compatibility_level": "3.6", "mynetworks": "127.0.0.0/8",
        "propagate_unmatched_extensions": "canonical, virtual",
    ]
    settings.merge(values) { $1 }
    let configuration = Configuration(directory: "/nowhere", settings: settings.mapValues { .init($0) })
    return try LocalSettings(
        Startup(configuration: configuration, serviceName: "local", lease: 1, queueDirectory: "", dataDirectory: "")
    ) { _ in }
}

/// Accounts and files that exist for these tests.
@EventLoopActor
private final class FakeSources: ExpansionSources {
    var files: [String: String] = [:]
    var failing: Set<String> = []

    func account(named name: String) async throws -> UserAccount? {
        if failing.contains(name) { throw SystemError("getpwnam", name, 5) }
        guard ["ann", "bob", "carol"].contains(name) else { return nil }
        var account = UserAccount(unnamed: 1000, group: 1000)
        account.name = name
        account.home = "/home/" + name
        return account
    }
    func account(numbered user: UInt32) async throws -> UserAccount? { nil }
    func forwardFile(_ paths: [String], of account: UserAccount) async throws -> (path: String, text: [UInt8])? {
        for path in paths { if let text = files[path] { return (path, Array(text.utf8)) } }
        return nil
    }
    func includeFile(_ path: String, _ rights: DeliveryRights) async throws -> (text: [UInt8], owner: UInt32) {
        guard let text = files[path] else { throw SystemError("stat", path, 2) }
        return (Array(text.utf8), 0)
    }
}

@EventLoopActor
struct RecipientExpansionTests {
    struct Sample: Sendable, CustomStringConvertible {
        var description: String
        var recipient = "list@example.test"
        var aliases: [(String, String)] = []
        var files: [String: String] = [:]
        var settings: [String: String] = [:]
        var deliveredTo: Set<String> = []
        var results: [String]
        /// Names without a domain are this host's users.
        var settingsLocal = false
    }

    private static func text(_ result: ExpansionResult) -> String {
        switch result {
        case .mailbox(let account, _, let context, _): "mailbox \(account.name) for \(context.recipient)"
        case .file(let path, _): "file \(path)"
        case .command(let command, _, _): "command \(command)"
        case .forward(let address, let context): "forward \(address) from <\(context.sender.externalForm)>"
        case .status(let status, _): "\(status.code) \(status.text)"
        }
    }

    @Test(
        "where a recipient's mail goes",
        arguments: [
            Sample(description: "a user", recipient: "Ann@example.test", results: ["mailbox ann for Ann@example.test"]),
            Sample(
                description: "an extension", recipient: "ann+x@example.test", results: ["mailbox ann for ann+x@example.test"]),
            Sample(description: "nobody", recipient: "dave@example.test", results: ["5.1.1 unknown user: \"dave\""]),
            Sample(
                description: "an alias to two users", aliases: [("list", "ann, bob")],
                results: ["mailbox ann for ann@mx.example.test", "mailbox bob for bob@mx.example.test"], settingsLocal: true),
            Sample(
                description: "once only", aliases: [("list", "ann, other"), ("other", "ann")],
                results: ["mailbox ann for ann@mx.example.test"], settingsLocal: true),
            Sample(
                description: "elsewhere", aliases: [("list", "x@elsewhere.test")],
                results: ["forward x@elsewhere.test from <s@remote.test>"]),
            Sample(
                description: "itself", recipient: "ann@example.test", aliases: [("ann", "ann@example.test, x@elsewhere.test")],
                results: ["mailbox ann for ann@example.test", "forward x@elsewhere.test from <s@remote.test>"]),
            Sample(
                description: "the mailbox by a backslash", recipient: "ann@example.test",
                aliases: [("ann", "\\ann@example.test, x@elsewhere.test")],
                results: ["mailbox ann for ann@example.test", "forward x@elsewhere.test from <s@remote.test>"]),
            Sample(
                description: "command and file", aliases: [("list", "\"|/bin/cat\", /tmp/x")],
                results: ["command /bin/cat", "file /tmp/x"]),
            Sample(
                description: "commands are restricted", aliases: [("list", "\"|/bin/cat\"")],
                settings: ["allow_mail_to_commands": "forward"], results: ["5.7.1 mail to command is restricted"]),
            Sample(
                description: "an owner: local members are sent a message",
                aliases: [("list", "ann@example.test, x@elsewhere.test"), ("owner-list", "bob")],
                results: [
                    "forward ann@example.test from <owner-list@mx.example.test>",
                    "forward x@elsewhere.test from <owner-list@mx.example.test>",
                ]),
            Sample(
                description: "a loop of aliases", aliases: [("list", "other@example.test"), ("other", "list@example.test")],
                results: ["5.4.6 "]),
            Sample(
                description: "an included file", aliases: [("list", ":include:/etc/list")],
                files: ["/etc/list": "ann@example.test\n# no\nx@elsewhere.test\n"],
                results: ["forward ann@example.test from <s@remote.test>", "forward x@elsewhere.test from <s@remote.test>"]),
            Sample(
                description: "a missing included file", aliases: [("list", ":include:/etc/none")],
                results: ["5.3.5 mail system configuration error"]),
            Sample(
                description: "a relative included file", aliases: [("list", ":include:list")],
                results: ["5.3.5 mail system configuration error"]),
            Sample(
                description: "no commands from included files", aliases: [("list", ":include:/etc/list")],
                files: ["/etc/list": "|/bin/cat\n"], results: ["5.7.1 mail to command is restricted"]),
            Sample(
                description: "a forward file", recipient: "ann@example.test",
                files: ["/home/ann/.forward": "x@elsewhere.test, \\ann@example.test\n"],
                results: ["forward x@elsewhere.test from <s@remote.test>", "mailbox ann for ann@example.test"]),
            Sample(
                description: "oneself in the forward file", recipient: "ann@example.test",
                files: ["/home/ann/.forward": "ann@example.test, bob@example.test\n"],
                results: ["mailbox ann for ann@example.test", "forward bob@example.test from <s@remote.test>"]),
            Sample(
                description: "the forward file of an extension", recipient: "ann+x@example.test",
                files: ["/home/ann/.forward+x": "/dev/null", "/home/ann/.forward": "bob"], results: ["file /dev/null"]),
            Sample(
                description: "a file in the home directory", recipient: "ann@example.test",
                files: ["/home/ann/.forward": "~/mbox"], results: ["file /home/ann/mbox"]),
            Sample(
                description: "an empty forward file", recipient: "ann@example.test",
                files: ["/home/ann/.forward": "# nothing\n"], results: ["mailbox ann for ann@example.test"]),
            Sample(
                description: "forwarding is off", recipient: "ann@example.test",
                files: ["/home/ann/.forward": "x@elsewhere.test"], settings: ["forward_path": ""],
                results: ["mailbox ann for ann@example.test"]),
            Sample(
                description: "been here before", recipient: "Ann@example.test", deliveredTo: ["ann@example.test"],
                results: ["5.4.6 mail forwarding loop for Ann@example.test"]),
            Sample(
                description: "the relay for unknown users", recipient: "dave@example.test",
                settings: ["luser_relay": "$user@elsewhere.test"], results: ["forward dave@elsewhere.test from <s@remote.test>"]
            ),
            Sample(
                description: "the relay is unknown itself", recipient: "dave@example.test",
                settings: ["luser_relay": "dave@example.test"], results: ["5.1.1 unknown user: \"dave\""]),
            Sample(description: "postmaster without alias", recipient: "postmaster@example.test", results: ["2.0.0 discarded"]),
            Sample(description: "the name service fails", recipient: "erin@example.test", results: ["4.0.0 user lookup error"]),
            Sample(description: "an empty alias", aliases: [("list", ",")], results: ["4.3.0 alias database unavailable"]),
            Sample(description: "no user", recipient: "+x@example.test", results: ["5.1.1 unknown user: \"+x\""]),
        ])
    func expand(_ sample: Sample) async throws {
        var values = sample.settings
        if sample.settingsLocal { values["mydestination"] = "example.test, mx.example.test" }
        let sources = FakeSources()
        sources.files = sample.files
        sources.failing = ["erin"]
        let expansion = RecipientExpansion(
            settings: try localSettings(sample.aliases, values), sources: sources, deliveredTo: sample.deliveredTo)
        await expansion.expand(
            ExpansionContext(
                recipient: EmailAddress(internal: sample.recipient), sender: ReversePath(internal: "s@remote.test")))
        // As the deliverer does: the first candidate that exists is answered instead.
        if let first = expansion.results.first, case .mailbox(_, _, _, let paths) = first,
            let path = paths.first(where: { sample.files[$0] != nil }), let text = sample.files[path]
        {
            await expansion.forwardWasFound((path, Array(text.utf8)), insteadOf: first)
        }
        let found = expansion.results.map(Self.text)
        if sample.description == "a loop of aliases" {
            #expect(found.count == 1 && found[0].hasPrefix(sample.results[0]))
        } else {
            #expect(found == sample.results)
        }
    }

    @Test("a list passes nothing of the sender's DSN request on")
    func list() async throws {
        let settings = try localSettings([("list", "x@elsewhere.test"), ("owner-list", "bob")])
        let expansion = RecipientExpansion(settings: settings, sources: FakeSources(), deliveredTo: [])
        await expansion.expand(
            ExpansionContext(
                recipient: EmailAddress(internal: "list@example.test"), sender: ReversePath(internal: "s@remote.test")))
        let groups = Forwarding.groups(expansion.results)
        #expect(groups.count == 1)
        #expect(groups.first?.isList == true)
    }

    @Test("a parameter that would send mail elsewhere stops the start", arguments: ["mailbox_transport", "fallback_transport"])
    func refused(_ name: String) {
        #expect(throws: StartupError.self) { try localSettings([], [name: "lmtp:unix:private/x"]) }
    }
}
