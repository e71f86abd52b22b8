import Testing

@testable import CommandKit

@Suite("options of one letter")
struct OptionLettersTests {
    @Test(
        "as getopt reads them",
        arguments: [
            (["-d", "A", "-pv", "x", "-v"], "d=A p v", ["x", "-v"]), (["-dA", "-"], "d=A", ["-"]), (["--", "-d"], "", ["-d"]),
            (["-vd", "-"], "v d=-", []), ([], "", []),
        ])
    func read(words: [String], options: String, rest: [String]) throws {
        let letters = try OptionLetters(words, letters: "d:pv")
        let text = letters.options.map { option in String(option.letter) + (option.value.map { "=" + $0 } ?? "") }
        #expect(text.joined(separator: " ") == options)
        #expect(letters.rest == rest)
    }

    @Test(
        "and what it says is wrong",
        arguments: [
            (["-z"], "invalid option -- 'z'"), (["-v", "-d"], "option requires an argument -- 'd'"),
            (["-:"], "invalid option -- ':'"),
        ])
    func mistakes(words: [String], message: String) {
        #expect(throws: OptionLetters.Mistake(message: message)) { try OptionLetters(words, letters: "d:pv") }
    }
}
