import Platform
import Testing

@testable import Configuration

@Suite("$name in values")
struct ExpansionTests {
    static let definitions = """
        a = 1
        b = $a and more
        empty =
        word = text
        level = 3.6
        """

    struct Case: CustomTestStringConvertible, Sendable {
        var text: String
        var expected: String
        init(_ text: String, _ expected: String) {
            self.text = text
            self.expected = expected
        }
        var testDescription: String { text }
    }

    static let cases = [
        Case("plain", "plain"), Case("$a", "1"), Case("${a}", "1"), Case("$(a)", "1"), Case("${ a }", "1"),
        Case("x${a}y$a", "x1y1"),
        Case("$b", "1 and more"), Case("$$a", "$a"), Case("$a.$word-", "1.text-"), Case("[$nothing]", "[]"),
        Case("${a?yes}", "yes"), Case("${empty?yes}", ""), Case("${empty:no}", "no"), Case("${a:no}", ""),
        Case("${nothing:no}", "no"), Case("${nothing?yes}", ""), Case("${a?yes:no}", "yes:no"), Case("${a?{yes}:{no}}", "yes"),
        Case("${empty?{yes}:{no}}", "no"), Case("${nothing?{yes}:{no}}", "no"), Case("${a ? {yes} : {no}}", "yes"),
        Case("${a?x ${word} y}", "x text y"), Case("${a?{${word?{deep}:{x}}}:{no}}", "deep"), Case("${a?{}:{no}}", ""),
        Case("${{$a} == {1} ? {one} : {other}}", "one"), Case("${{$a} != {1} ? {one} : {other}}", "other"),
        Case("${{2} < {10}?less}", "less"), Case("${{b} > {a}?{more}:{less}}", "more"), Case("${{2a} < {10}?less}", ""),
        Case("${{10} >= {10}}", "true"), Case("${{10} > {10}}", ""), Case("${{007} == {7}?same}", "same"),
        Case("${{$level} <level {3.9} ? {old} : {new}}", "old"), Case("${{$level} >=level {3.6} ? {new} : {old}}", "new"),
        Case("${{3.10} >level {3.9} ? {new} : {old}}", "new"), Case("${{$a} == {1} ?{x $word}}", "x text"),
        Case("${stress?{10}:{300}}s", "300s"),
    ]

    @Test("expands as postconf(5) says", arguments: cases)
    func expands(_ test: Case) throws {
        let configuration = try Configuration.reading(Self.definitions)
        #expect(try configuration.expand(test.text, for: "smtpd_banner") == test.expected)
    }

    @Test(
        "agrees with the installed postconf", .enabled(if: Postfix.isInstalled, "no Postfix to compare with"), arguments: cases)
    func agrees(_ test: Case) throws {
        let directory = TemporaryDirectory()
        try directory.write("main.cf", Self.definitions + "\nsmtpd_banner = \(test.text)\n")
        try directory.write("master.cf", "smtp inet n - n - - smtpd\n")
        let output = try ProgramOutput.run(Postfix.postconf, ["-c", directory.path, "-x", "-h", "smtpd_banner"])
        #expect(String(decoding: output, as: UTF8.self) == test.expected + "\n")
    }

    @Test(
        "what is wrong is refused with the reason",
        arguments: [
            ("${a", "not closed"), ("$(a}", "not closed"), ("$", "without a name"), ("a $ b", "without a name"),
            ("${}", "no name"),
            ("${a!b}", "expected"), ("${a?{x}y}", "\":\" expected"), ("${a?{x}:{y}z}", "too much"),
            ("${{1} = {1}?x}", "no operator"), ("${{1} == 1?x}", "expected"), ("${{1} ==foo {1}?x}", "no operator suffix"),
            ("${{x} <level {1}?x}", "no compatibility level"),
        ])
    func refuses(text: String, reason: String) throws {
        let configuration = try Configuration.reading(Self.definitions)
        #expect { try configuration.expand(text, for: "x") } throws: { ("\($0)").contains(reason) }
    }

    @Test("a name that refers to itself is an error, not a loop")
    func recursion() throws {
        let configuration = try Configuration.reading("p = $q\nq = ${r}\nr = x $p\n")
        #expect { try configuration.text(of: "p") } throws: {
            "\($0)" == "main.cf, line 1: p: p refers to itself: p -> q -> r -> p"
        }
    }

    @Test("nesting has an end")
    func depth() throws {
        let lines = (0..<200).map { "n\($0) = $n\($0 + 1)\n" }.joined()
        let configuration = try Configuration.reading(lines + "n200 = x\n")
        #expect { try configuration.text(of: "n0") } throws: { "\($0)".contains("nested too deeply") }
    }
}
