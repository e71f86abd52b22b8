import Mail
import Testing

@testable import SMTPProtocol

@Suite("what the client asks of a server's extensions")
struct ClientCommandsTests {
    private func run(_ features: [String], _ transaction: ClientTransaction, _ transcript: String) -> [String] {
        var dialogue = ClientDialogue([transaction])
        let lines = ["mx.example"] + features
        let offer = lines.enumerated().map { "S: 250\($0.offset == lines.count - 1 ? " " : "-")\($0.element)\n" }.joined()
        dialogue.run("S: 220 mx.example\nC: EHLO me.example\n" + offer + transcript)
        return dialogue.events
    }

    @Test("parameters go to servers that offer the extension only")
    func parameters() {
        let transaction = ClientDialogue.transaction("b@y.example") {
            $0.body = .eightBitMIME
            $0.envelopeID = "a+b=c d"
            $0.returnContent = .headers
            $0.smtpUTF8 = true
            $0.recipients[0].notify = [.success, .delay]
            $0.recipients[0].orcpt = OriginalRecipient(type: "rfc822", address: "B+1@y.example")
        }
        let all = ["PIPELINING", "size 1000", "8bitmime", "DSN", "SMTPUTF8"]
        _ = run(
            all, transaction,
            """
            C: MAIL FROM:<a@x.example> SIZE=100 BODY=8BITMIME ENVID=a+2Bb+3Dc+20d RET=HDRS SMTPUTF8
            C: RCPT TO:<b@y.example> ORCPT=rfc822;B+2B1@y.example NOTIFY=SUCCESS,DELAY
            C: DATA
            """)
        _ = run(["8BITMIME"], transaction, "C: MAIL FROM:<a@x.example> BODY=8BITMIME")
    }

    @Test("NOTIFY=NEVER, and the address before expansion")
    func notify() {
        let transaction = ClientDialogue.transaction("b@y.example") {
            $0.recipients[0].notify = []
            $0.recipients[0].original = EmailAddress(internal: "list@x.example")
        }
        _ = run(
            ["PIPELINING", "DSN"], transaction,
            """
            C: MAIL FROM:<a@x.example>
            C: RCPT TO:<b@y.example> ORCPT=rfc822;list@x.example NOTIFY=NEVER
            C: DATA
            """)
    }

    @Test("success that nobody else will report is told apart")
    func relayed() {
        let transaction = ClientDialogue.transaction("b@y.example") { $0.recipients[0].notify = [.success] }
        let rest = "C: DATA\nS: 250 Ok\nS: 250 Ok\nS: 354 go\nC: <content>\nS: 250 done"
        #expect(
            run(["PIPELINING"], transaction, "C: MAIL FROM:<a@x.example>\nC: RCPT TO:<b@y.example>\n" + rest)
                == ["0 relayed 2.0.0 250 done", "reusable"])
        #expect(
            run(
                ["PIPELINING", "DSN"], transaction,
                "C: MAIL FROM:<a@x.example>\nC: RCPT TO:<b@y.example> NOTIFY=SUCCESS\n" + rest)
                == ["0 sent 2.0.0 250 done", "reusable"])
    }

    @Test("a probe asks for the recipients only, and content never follows")
    func probe() {
        let transaction = ClientDialogue.transaction("b@y.example", "c@y.example") { $0.isProbe = true }
        let refusal = "1 bounced 5.1.1 host mx.example[192.0.2.1] said: 550 5.1.1 no (in reply to RCPT TO command)"
        let envelope = "C: MAIL FROM:<a@x.example>\nC: RCPT TO:<b@y.example>\nC: RCPT TO:<c@y.example>\n"
        #expect(
            run(["PIPELINING"], transaction, envelope + "S: 250 Ok\nS: 250 2.1.5 Ok\nS: 550 5.1.1 no\nC: QUIT")
                == ["0 sent 2.1.5 250 2.1.5 Ok", refusal, "reusable"])
        let oneByOne = """
            C: MAIL FROM:<a@x.example>
            S: 250 Ok
            C: RCPT TO:<b@y.example>
            S: 250 2.1.5 Ok
            C: RCPT TO:<c@y.example>
            S: 550 5.1.1 no
            """
        #expect(run([], transaction, oneByOne) == ["0 sent 2.1.5 250 2.1.5 Ok", refusal, "reusable"])
    }

    @Test("what a server cannot take is not tried")
    func objections() {
        #expect(
            run(["SIZE 99"], ClientDialogue.transaction("b@y.example"), "")
                == ["0 bounced 5.3.4 message size 100 exceeds size limit 99 of server mx.example[192.0.2.1]", "reusable"])
        #expect(
            run(["8BITMIME"], ClientDialogue.transaction("b@y.example") { $0.requiresSMTPUTF8 = true }, "")
                == [
                    "0 bounced or elsewhere 5.6.7 SMTPUTF8 is required, but was not offered by host mx.example[192.0.2.1]",
                    "reusable",
                ])
        #expect(
            run(["DSN"], ClientDialogue.transaction("b@y.example") { $0.body = .eightBitMIME }, "")
                == [
                    "0 bounced or elsewhere 5.6.3 8BITMIME is required, but was not offered by host mx.example[192.0.2.1]",
                    "reusable",
                ])
        _ = run(["SIZE 0"], ClientDialogue.transaction("b@y.example"), "C: MAIL FROM:<a@x.example> SIZE=100")
        _ = run(["SIZE"], ClientDialogue.transaction("b@y.example"), "C: MAIL FROM:<a@x.example> SIZE=100")
    }

    @Test("local parts are quoted where they must be, the null sender is empty")
    func quoting() {
        let transaction = ClientDialogue.transaction("b c@y.example", "d\"e@y.example") { $0.sender = .null }
        _ = run(
            ["PIPELINING"], transaction,
            """
            C: MAIL FROM:<>
            C: RCPT TO:<"b c"@y.example>
            C: RCPT TO:<"d\\"e"@y.example>
            C: DATA
            """)
    }

    @Test(
        "no address puts words into our mouth",
        arguments: [
            "b\r\nRSET@y.example", "b\n@y.example", "b\0@y.example", "b@y.example> SIZE=1", "b@y\r\n", "@y.example", "",
        ])
    func injection(_ address: String) {
        let text = "the recipient address holds characters that no SMTP command can carry"
        #expect(run(["PIPELINING"], ClientDialogue.transaction(address), "") == ["0 bounced 5.1.3 \(text)", "reusable"])
        let transaction = ClientDialogue.transaction("b@y.example", address)
        let events = run(
            ["PIPELINING"], transaction, "C: MAIL FROM:<a@x.example>\nC: RCPT TO:<b@y.example>\nC: DATA")
        #expect(events == ["1 bounced 5.1.3 \(text)"])
        if !address.isEmpty {
            let bad = ClientDialogue.transaction("b@y.example") { $0.sender = .address(EmailAddress(internal: address)) }
            #expect(
                run(["PIPELINING"], bad, "") == [
                    "0 bounced 5.1.7 the sender address holds characters that no SMTP command can carry", "reusable",
                ])
        }
    }

    @Test("discarded keywords are not seen")
    func discarded() {
        var options = ClientOptions(heloName: "me.example", myHostname: "me.example")
        options.discardedKeywords = ["PIPELINING", "SIZE"]
        var dialogue = ClientDialogue([ClientDialogue.transaction("b@y.example")], options: options)
        dialogue.run(
            """
            S: 220 mx.example
            C: EHLO me.example
            S: 250-mx.example
            S: 250-pipelining
            S: 250 SIZE 10
            C: MAIL FROM:<a@x.example>
            """)
    }

    @Test("controls in a server's words do not reach the log, and a long reply is cut")
    func printable() {
        let long = String(repeating: "x", count: 3000)
        let events = run(
            ["PIPELINING"], ClientDialogue.transaction("b@y.example"),
            "C: MAIL FROM:<a@x.example>\nC: RCPT TO:<b@y.example>\nC: DATA\nS: 550 a\tb\u{1b}[0m\(long)")
        #expect(events.count == 1)
        #expect(events[0].contains("550 a?b?[0mxxx"))
        #expect(events[0].utf8.count < 2300)
    }
}
