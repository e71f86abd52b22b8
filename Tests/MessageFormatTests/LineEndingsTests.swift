import Testing

@testable import MessageFormat

struct LineEndingsTests {
    /// Converts with a split at each place, and byte for byte: all must agree.
    private func check(_ input: String, _ expected: String, _ convert: ([[UInt8]]) -> [UInt8]) {
        let bytes = Array(input.utf8)
        for split in 0...bytes.count {
            let result = convert([Array(bytes[..<split]), Array(bytes[split...])])
            #expect(String(decoding: result, as: UTF8.self) == expected, "split at \(split)")
        }
        #expect(String(decoding: convert(bytes.map { [$0] }), as: UTF8.self) == expected)
    }

    @Test(
        "local line ends to the wire's",
        arguments: [
            ("", ""), ("a", "a\r\n"), ("a\n", "a\r\n"), ("a\r\nb\n", "a\r\nb\r\n"), ("\n\n", "\r\n\r\n"), ("a\rb\n", "a b\r\n"),
            ("a\r\r\n", "a \r\n"), ("a\r", "a \r\n"), ("\r", " \r\n"), ("a\n.\nb", "a\r\n.\r\nb\r\n"), ("a\n\r", "a\r\n \r\n"),
        ])
    func wire(_ input: String, _ expected: String) {
        check(input, expected) { parts in
            var output: [UInt8] = []
            var converter = WireLineEndings()
            for part in parts { converter.append(part.span, to: &output) }
            converter.finish(into: &output)
            return output
        }
    }

    @Test(
        "the wire's line ends to those of mailboxes",
        arguments: [
            ("", ""), ("a\r\n", "a\n"), ("a\r\n\r\nb\r\n", "a\n\nb\n"), ("a", "a\n"), ("a\nb\r\n", "a\nb\n"),
            ("a\rb\r\n", "a\rb\n"),
            ("a\r\r\n", "a\r\n"), ("a\r", "a\r\n"), ("\r\n", "\n"),
        ])
    func mailbox(_ input: String, _ expected: String) {
        check(input, expected) { parts in
            var output: [UInt8] = []
            var converter = MailboxLineEndings()
            for part in parts { converter.append(part.span, to: &output) }
            converter.finish(into: &output)
            return output
        }
    }
}
