import Testing

@testable import Configuration

@Suite("values of parameters")
struct ValueTests {
    @Test(
        "times, with the unit of the default where they have none",
        arguments: [
            ("5", "0s", .seconds(5)), ("5", "5d", .seconds(432_000)), ("5s", "5d", .seconds(5)), ("10m", "1h", .seconds(600)),
            ("2", "4h", .seconds(7200)), ("1w", "0s", .seconds(604_800)), ("3", "${stress?{10}:{300}}s", .seconds(3)),
            ("7D", "0s", .seconds(604_800)), ("0", "0h", .seconds(0)),
        ] as [(String, String, Duration)])
    func times(text: String, standard: String, expected: Duration) throws {
        let parameter = Parameter<Duration>("t", default: standard, summary: "")
        #expect(try Configuration.reading("t = \(text)").value(of: parameter) == expected)
    }

    @Test("what is no time", arguments: ["", "x", "5x", "-1", "1.5s", "99999999999999999999", "9223372036854775807w", "+1"])
    func noTimes(text: String) throws {
        let parameter = Parameter<Duration>("t", default: "1s", summary: "")
        #expect { try Configuration.reading("t = \(text)").value(of: parameter) } throws: {
            "\($0)" == "main.cf, line 1: t: \"\(text)\" is no time"
        }
    }

    @Test("a text with names of its own is not expanded")
    func unexpanded() throws {
        let parameter = Parameter<UnexpandedText>("forward_path", default: "$home/.forward", summary: "")
        #expect(try Configuration.reading("").value(of: parameter).text == "$home/.forward")
        #expect(try Configuration.reading("forward_path = ${user}").value(of: parameter).text == "${user}")
    }

    @Test("limits are kept")
    func limits() throws {
        let parameter = Parameter<Int>("n", default: "5", limits: 1...10, summary: "")
        #expect(try Configuration.reading("").value(of: parameter) == 5)
        #expect { try Configuration.reading("\nn = 11").value(of: parameter) } throws: {
            "\($0)" == "main.cf, line 2: n: \"11\" is outside 1...10"
        }
    }

    @Test(
        "lists",
        arguments: [
            ("", []), ("a", ["a"]), ("a, b c\td", ["a", "b", "c", "d"]), (" ,a,, ", ["a"]), ("{a b} c", ["a b", "c"]),
            ("inline:{a=b, c=d} x", ["inline:{a=b, c=d}", "x"]), ("{ {a = b}, c }", ["{a = b}, c"]), ("{a}{b}", ["{a}{b}"]),
            ("static:{ x y }", ["static:{ x y }"]), ("!/a ![::1]/128", ["!/a", "![::1]/128"]),
        ])
    func lists(text: String, expected: [String]) {
        #expect(WordList.parse(text)?.words == expected)
    }

    @Test("braces must match", arguments: ["{a", "a}", "{{a}", "}{"])
    func braces(text: String) { #expect(WordList.parse(text) == nil) }

    @Test(
        "protocols",
        arguments: [
            ("all", [.ipv4, .ipv6]), ("ipv4", .ipv4), ("IPv6", .ipv6), ("ipv4, ipv6", [.ipv4, .ipv6]), ("", nil), ("ipx", nil),
        ] as [(String, InternetProtocols?)])
    func protocols(text: String, expected: InternetProtocols?) { #expect(InternetProtocols.parse(text) == expected) }
}
