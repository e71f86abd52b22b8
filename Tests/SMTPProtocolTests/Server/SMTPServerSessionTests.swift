import Mail
import Testing

@testable import SMTPProtocol

/// A client's line and the code that must answer it. Policy allows everything.
struct Script: Sendable, CustomTestStringConvertible {
    var name: String
    var steps: [(String, UInt16)]
    init(_ name: String, _ steps: (String, UInt16)...) {
        self.name = name
        self.steps = steps
    }
    var testDescription: String { name }
}

/// A session whose policy allows everything but addresses that contain `refused`; content is stored at once.
private final class Dialogue {
    var session: SMTPServerSession

    init(_ change: (inout SMTPServerLimits) -> Void = { _ in }) {
        var limits = SMTPServerLimits(hostname: "mx.example")
        change(&limits)
        session = SMTPServerSession(limits: limits)
    }

    func send(_ line: String) -> SMTPReply { settle(session.receive(Array(line.utf8))) }

    var endOfPatience: SMTPReply? { session.endOfPatience }
    var isSlowedDown: Bool { session.isSlowedDown }
    var isInTransaction: Bool { session.isInTransaction }
    var lastCommand: String { session.lastCommand }
    var transaction: MailTransaction? { session.transaction }
    var illegalAddress: String? { session.illegalAddress }
    var summary: String {
        var text = ""
        session.counts.append(to: &text)
        return text
    }

    func settle(_ action: SMTPServerSession.Action) -> SMTPReply {
        switch action {
        case .reply(let reply), .receiveContent(let reply), .close(let reply): return reply
        case .check(let check):
            if "\(check)".contains("refused") {
                return settle(session.refuse(SMTPReply(550, EnhancedStatus(.permanent, 7, 1), "no")))
            }
            return settle(session.allow())
        }
    }
}

@Suite("order of a session")
struct SMTPServerSessionTests {
    @Test(
        "commands are answered in order, and out of order refused without effect",
        arguments: [
            Script("a transaction", ("EHLO c", 250), ("MAIL FROM:<a@x>", 250), ("RCPT TO:<b@y>", 250), ("DATA", 354)),
            Script("no greeting is asked for", ("MAIL FROM:<a@x>", 250), ("RCPT TO:<b@y>", 250), ("DATA", 354)),
            Script(
                "DATA without a recipient", ("EHLO c", 250), ("MAIL FROM:<a@x>", 250), ("DATA", 554), ("RCPT TO:<b@y>", 250)),
            Script("DATA without a sender", ("EHLO c", 250), ("DATA", 503), ("RCPT TO:<b@y>", 503)),
            Script("DATA after refusals only", ("MAIL FROM:<a@x>", 250), ("RCPT TO:<refused@y>", 550), ("DATA", 554)),
            Script("a second MAIL", ("MAIL FROM:<a@x>", 250), ("MAIL FROM:<b@x>", 503), ("RCPT TO:<b@y>", 250)),
            Script(
                "RSET drops sender and recipients", ("EHLO c", 250), ("MAIL FROM:<a@x>", 250), ("RCPT TO:<b@y>", 250),
                ("RSET", 250), ("DATA", 503), ("MAIL FROM:<a@x>", 250), ("DATA", 554)),
            Script("EHLO drops them, too", ("MAIL FROM:<a@x>", 250), ("RCPT TO:<b@y>", 250), ("EHLO c", 250), ("DATA", 503)),
            Script(
                "a syntax error drops nothing", ("MAIL FROM:<a@x>", 250), ("RCPT TO:<b@y>", 250), ("RCPT TO:<", 501),
                ("DATA x", 501), ("RSET x", 501), ("NOOP", 250), ("VRFY a", 252), ("XYZ", 500), ("", 500), ("DATA", 354)),
            Script("a refused sender", ("MAIL FROM:<refused@x>", 550), ("RCPT TO:<b@y>", 503), ("MAIL FROM:<a@x>", 250)),
            Script(
                "refused greeting", ("EHLO c", 250), ("MAIL FROM:<a@x>", 250), ("EHLO refused", 550), ("RCPT TO:<b@y>", 503)),
            Script("the null sender", ("MAIL FROM:<>", 250), ("RCPT TO:<>", 501), ("RCPT TO:<postmaster>", 250)),
            Script("other words", ("HELP", 214), ("QUIT", 221)),
            Script("not SMTP", ("GET / HTTP/1.1", 221)),
            Script("nor this", ("\u{16}\u{3}\u{1}", 500), ("5: x", 221)),
            Script("SIZE over the limit", ("MAIL FROM:<a@x> SIZE=10240001", 552), ("MAIL FROM:<a@x> SIZE=10240000", 250)),
        ])
    func order(_ script: Script) {
        let dialogue = Dialogue()
        for (line, code) in script.steps { #expect(dialogue.send(line).code == code, "\(line)") }
    }

    @Test("the transaction keeps what the client said")
    func transaction() {
        let dialogue = Dialogue()
        _ = dialogue.send("EHLO c")
        _ = dialogue.send("MAIL FROM:<a@x> SIZE=10 BODY=8BITMIME RET=FULL ENVID=e1")
        _ = dialogue.send("RCPT TO:<b@y> NOTIFY=NEVER ORCPT=rfc822;o@p")
        _ = dialogue.send("RCPT TO:<refused@y>")
        let transaction = dialogue.transaction
        #expect(transaction?.sender == ReversePath(internal: "a@x"))
        #expect(transaction?.parameters.envelopeID == "e1" && transaction?.parameters.body == .eightBitMIME)
        var expected = EnvelopeRecipient(EmailAddress(internal: "b@y"))
        expected.notify = []
        expected.orcpt = OriginalRecipient(type: "rfc822", address: "o@p")
        #expect(transaction?.recipients == [expected])
        let name = dialogue.session.clientName
        #expect(name == "c")
    }

    @Test("EHLO announces what is on, HELO nothing")
    func announcements() {
        let dialogue = Dialogue()
        #expect(dialogue.send("HELO c").lines == ["mx.example"])
        #expect(
            dialogue.send("EHLO c").lines == [
                "mx.example", "PIPELINING", "SIZE 10240000", "VRFY", "ENHANCEDSTATUSCODES", "8BITMIME", "DSN", "SMTPUTF8",
            ])
        let bare = Dialogue {
            $0.disablesVerify = true
            $0.acceptsSMTPUTF8 = false
            $0.discardedKeywords = ["DSN", "SIZE"]
            $0.messageSize = 0
        }
        #expect(bare.send("EHLO c").lines == ["mx.example", "PIPELINING", "ENHANCEDSTATUSCODES", "8BITMIME"])
        #expect(bare.send("VRFY a").code == 502)
        #expect(bare.send("MAIL FROM:<a@x> SMTPUTF8").description == "555 5.5.4 Unsupported option: SMTPUTF8")
    }

    @Test("after the content a new transaction begins")
    func contentEnds() {
        for (reply, next) in [(SMTPReply.ok, UInt16(250)), (SMTPReply.sizeExceeded, 250)] {
            let dialogue = Dialogue()
            for line in ["EHLO c", "MAIL FROM:<a@x>", "RCPT TO:<b@y>", "DATA"] { _ = dialogue.send(line) }
            #expect(dialogue.settle(dialogue.session.contentEnded(reply)) == reply)
            #expect(!dialogue.isInTransaction && dialogue.lastCommand == "END-OF-MESSAGE")
            #expect(dialogue.send("RCPT TO:<b@y>").code == 503)
            #expect(dialogue.send("MAIL FROM:<c@x>").code == next)
        }
    }

    @Test("too many recipients are refused, and are errors only far beyond the limit")
    func recipientLimit() {
        let dialogue = Dialogue {
            $0.recipients = 2
            $0.recipientOvershoot = 1
            $0.softErrors = 1
        }
        _ = dialogue.send("MAIL FROM:<a@x>")
        #expect(dialogue.send("RCPT TO:<a@y>").code == 250)
        #expect(dialogue.send("RCPT TO:<b@y>").code == 250)
        #expect(dialogue.send("RCPT TO:<c@y>").description == "452 4.5.3 Error: too many recipients")
        #expect(!dialogue.isSlowedDown)
        #expect(dialogue.send("RCPT TO:<d@y>").code == 452)
        #expect(dialogue.isSlowedDown)
        #expect(dialogue.transaction?.recipients.count == 2)
        #expect(dialogue.send("DATA").code == 354)
    }

    @Test("errors slow the session down, then end it; mail that comes makes good")
    func patience() {
        let dialogue = Dialogue {
            $0.softErrors = 2
            $0.hardErrors = 3
        }
        for line in ["XYZ", "XYZ", "EHLO c", "MAIL FROM:<a@x>", "RCPT TO:<b@y>", "DATA"] { _ = dialogue.send(line) }
        #expect(dialogue.isSlowedDown && dialogue.endOfPatience == nil)
        _ = dialogue.session.contentEnded(.ok)
        #expect(!dialogue.isSlowedDown)
        for _ in 0..<3 { _ = dialogue.send("XYZ") }
        #expect(dialogue.endOfPatience?.description == "421 4.7.0 mx.example Error: too many errors")
    }

    @Test("commands that bring no mail become errors")
    func junk() {
        let dialogue = Dialogue {
            $0.junkCommands = 3
            $0.hardErrors = 1
        }
        for line in ["EHLO c", "NOOP", "RSET"] { _ = dialogue.send(line) }
        #expect(dialogue.endOfPatience == nil)
        #expect(dialogue.send("NOOP").code == 250)
        #expect(dialogue.endOfPatience != nil)
    }

    @Test("a greeting and a declaration are demanded where the administrator wants them")
    func demands() {
        let dialogue = Dialogue {
            $0.requiresGreeting = true
            $0.demandsSMTPUTF8Declaration = true
        }
        #expect(dialogue.send("MAIL FROM:<a@x>").description == "503 5.5.1 Error: send HELO/EHLO first")
        _ = dialogue.send("EHLO c")
        #expect(dialogue.send("MAIL FROM:<ü@x>").code == 553)
        #expect(dialogue.send("MAIL FROM:<a@x>").code == 250)
        #expect(dialogue.send("RCPT TO:<ü@x>").code == 553)
        _ = dialogue.send("RSET")
        #expect(dialogue.send("MAIL FROM:<ü@x> SMTPUTF8").code == 250)
        #expect(dialogue.send("RCPT TO:<ü@x>").code == 250)
    }

    @Test("a refusal with 421 ends the session")
    func hangUp() {
        let dialogue = Dialogue()
        let asked = dialogue.session.receive(Array("EHLO c".utf8))
        #expect(asked == .check(.greeting("c", isExtended: true)))
        let reply = SMTPReply(421, EnhancedStatus(.temporary, 7, 0), "away")
        let end = dialogue.session.refuse(reply)
        #expect(end == .close(reply))
    }

    @Test("what was illegal in the place of an address is kept for the log")
    func illegalAddress() {
        let dialogue = Dialogue()
        _ = dialogue.send("MAIL FROM:<a b>")
        #expect(dialogue.illegalAddress == "<a b>")
        _ = dialogue.send("NOOP")
        #expect(dialogue.illegalAddress == nil)
    }

    @Test("the end of the session tells its commands")
    func commandCounts() {
        let dialogue = Dialogue()
        #expect(dialogue.summary == " commands=0/0")
        for line in ["EHLO c", "MAIL FROM:<a@x>", "RCPT TO:<refused@y>", "RCPT TO:<b@y>", "DATA"] { _ = dialogue.send(line) }
        _ = dialogue.session.contentEnded(.ok)
        _ = dialogue.send("WHAT")
        _ = dialogue.send("QUIT")
        #expect(dialogue.summary == " ehlo=1 mail=1 rcpt=1/2 data=1 quit=1 unknown=0/1 commands=5/7")
    }
}
