import Mail
import Testing

@testable import LocalDelivery

struct AliasMemberTests {
    private static func address(_ text: String) -> AliasMember { .address(EmailAddress(internal: text)) }

    @Test(
        "members of aliases",
        arguments: [
            ("ann", [address("ann")]),
            ("ann, bob@x.example , \"c d\"@y", [address("ann"), address("bob@x.example"), address("c d@y")]),
            ("\"|/usr/bin/procmail -t, x\"", [.command("/usr/bin/procmail -t, x")]),
            ("|/bin/cat", [.command("/bin/cat")]),
            ("\"| echo \\\"a b\\\"\"", [.command("echo \"a b\"")]),
            ("/var/archive/list, ~/mbox", [.file("/var/archive/list"), .file("~/mbox")]),
            ("\"/with space/x\"", [.file("/with space/x")]),
            (":include:/etc/list", [.include("/etc/list")]),
            ("\":INCLUDE:/etc/my list\"", [.include("/etc/my list")]),
            ("\\ann, bob", [.mailbox(EmailAddress(internal: "ann")), address("bob")]),
            ("Ann <ann@x> (the, boss), bob", [address("ann@x"), address("bob")]),
            ("", []),
            (" , ,", []),
            ("<>", []),
        ] as [(String, [AliasMember])])
    func parse(_ text: String, _ expected: [AliasMember]) { #expect(AliasMember.parse(Array(text.utf8)) == expected) }

    @Test("lines of a file; comments are left out")
    func file() {
        let text = "# everybody\nann, bob\n\n\"|/bin/cat\"\n#carol\ndave\r\n"
        #expect(
            AliasMember.parse(file: Array(text.utf8))
                == [Self.address("ann"), Self.address("bob"), .command("/bin/cat"), Self.address("dave")])
    }

    @Test(
        "names of a recipient in forward_path and luser_relay",
        arguments: [
            ("$home/.forward${recipient_delimiter}${extension}", "/home/ann/.forward+x", false, true),
            ("/var/forward/$user", "/var/forward/ann", false, false),
            ("${extension?with $extension}", "with x", false, true),
            ("${shell:none}", "", false, false),
            ("$nonsense/x", "/x", true, false),
            ("${open", "", true, false),
            ("$local $domain $recipient", "ann+x y.example ann+x@y.example", false, false),
        ])
    func expand(_ text: String, _ expected: String, _ isUndefined: Bool, _ hasExtension: Bool) {
        var names = RecipientNames(
            local: "ann+x", user: "ann", extension: "x", domain: "y.example", recipient: "ann+x@y.example", delimiter: "+",
            account: nil)
        names.account = .init(home: "/home/ann", shell: "/bin/sh")
        #expect(
            names.expand(text) == RecipientNames.Expanded(text: expected, hasExtension: hasExtension, isUndefined: isUndefined))
    }

    @Test("values lose what a shell or a path could take for more")
    func filter() {
        let names = RecipientNames(
            local: "a`b;c d", user: "a`b;c d", extension: nil, domain: "", recipient: "", delimiter: "", account: nil)
        #expect(names.expand("$user").text == "a_b_c_d")
        #expect(names.expand("$extension").isUndefined)
    }
}
