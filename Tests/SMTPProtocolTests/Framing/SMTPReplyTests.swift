import Mail
import Testing

@testable import SMTPProtocol

@Suite("replies")
struct SMTPReplyTests {
    @Test("leave as RFC 5321 and 2034 say, and cannot hold a second reply")
    func wireForm() {
        let reply = SMTPReply(550, EnhancedStatus(.permanent, 1, 1), lines: ["first", "se\r\n250 cond"])
        #expect(String(decoding: reply.wireForm, as: UTF8.self) == "550-5.1.1 first\r\n550 5.1.1 se??250 cond\r\n")
        #expect(String(decoding: SMTPReply(354, nil, "go").wireForm, as: UTF8.self) == "354 go\r\n")
    }

    @Test(
        "are read as they were meant",
        arguments: [
            (["250 2.1.0 Ok"], SMTPReply(250, EnhancedStatus(.success, 1, 0), "Ok")),
            (["250"], SMTPReply(250, nil, "")),
            (["250-a", "250-SIZE 10", "250 b"], SMTPReply(250, nil, lines: ["a", "SIZE 10", "b"])),
            (["550-5.1.1 x", "550 5.1.1 y"], SMTPReply(550, EnhancedStatus(.permanent, 1, 1), lines: ["x", "y"])),
            // Another class than the code's is text, not status.
            (["450 5.1.1 x"], SMTPReply(450, nil, "5.1.1 x")),
            (["250 2.0.0"], SMTPReply(250, EnhancedStatus(.success, 0, 0), "")),
        ])
    func parse(_ lines: [String], _ expected: SMTPReply) {
        var parser = SMTPReplyParser()
        for line in lines.dropLast() { #expect(parser.receive(line.utf8) == .incomplete) }
        #expect(parser.receive((lines.last ?? "").utf8) == .reply(expected))
    }

    @Test("are refused when they are none", arguments: ["", "25", "2x0 a", "650 a", "150 a", "250_a", "hello world"])
    func malformed(_ line: String) {
        var parser = SMTPReplyParser()
        guard case .malformed = parser.receive(line.utf8) else { return #expect(Bool(false), "\(line) was accepted") }
    }

    @Test("have an end")
    func endless() {
        var parser = SMTPReplyParser()
        var last = SMTPReplyParser.Progress.incomplete
        for _ in 0...SMTPReplyParser.maximumLines { last = parser.receive("250-x".utf8) }
        #expect(last == .malformed("a reply without end"))
    }

    @Test("are logged on one line")
    func description() {
        #expect("\(SMTPReply(421, EnhancedStatus(.temporary, 7, 0), lines: ["a", "b"]))" == "421-4.7.0 a 421 4.7.0 b")
    }
}
