import Mail
import Testing

@testable import MessageFormat

struct AddressListTests {
    @Test(
        "addresses of RFC 5322 and of the wild",
        arguments: [
            ("a@b", ["a@b"]),
            ("a@b, c@d", ["a@b", "c@d"]),
            ("Ann Example <a@b>, \"C, D\" <c@d>", ["a@b", "c@d"]),
            ("Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>", ["pete@silly.test"]),
            (
                "A Group:Chris Jones <c@(Chris's host.)public.example>, joe@example.org; , x@y",
                ["c@public.example", "joe@example.org", "x@y"]
            ),
            ("Undisclosed recipients:;", []),
            ("(Empty list)(start)Hidden recipients  :(nobody(that I know))  ;", []),
            (
                "Mary Smith <@node.test,@other.test:mary@example.net>, , jdoe@test  . example",
                ["mary@example.net", "jdoe@test.example"]
            ),
            ("john . smith @ example . com", ["john.smith@example.com"]),
            ("\"quoted local\"@x", ["quoted local@x"]),
            ("\"a\\\"b\"@x", ["a\"b@x"]),
            ("user@[192.0.2.1]", ["user@[192.0.2.1]"]),
            ("user", ["user"]),
            ("John Doe", ["John Doe"]),
            ("<>", []),
            (",,;", []),
            ("<a@b> c@d", ["a@b"]),
            ("<a@b> <c@d>", ["a@b", "c@d"]),
            ("a@b\r\n\t, c@d", ["a@b", "c@d"]),
            ("\"unclosed", ["unclosed"]),
            ("(unclosed a@b", []),
            ("J\u{fc}rgen <j\u{fc}rgen@b\u{fc}cher.example>", ["j\u{fc}rgen@b\u{fc}cher.example"]),
            ("=?utf-8?q?J=C3=BCrgen?= <j@x>", ["j@x"]),
            ("a@b@c", ["a@b@c"]),
        ])
    func parse(_ text: String, _ expected: [String]) {
        #expect(AddressList.parse(text).map(\.internalForm) == expected)
    }

    @Test(
        "sendmail -t takes the resent fields when there are any",
        arguments: [
            ("To: a\nCc: b\nBcc: c\nFrom: x\n\n", ["a", "b", "c"]),
            ("To: a\nResent-To: d\nResent-Bcc: e\n\n", ["d", "e"]),
            ("To: a\nResent-From: d\n\n", []),
            ("To: a\nTo: b\n\n", ["a", "b"]),
        ])
    func recipients(_ text: String, _ expected: [String]) {
        let bytes = Array(text.utf8)
        let found = HeaderSection(bytes).recipients(in: bytes.span).map(\.internalForm)
        #expect(found == expected)
    }

    @Test("a list longer than the limit is not read to its end")
    func limit() {
        #expect(AddressList.parse(Array("a,b,c,d".utf8), limit: 2).count == 2)
    }
}
