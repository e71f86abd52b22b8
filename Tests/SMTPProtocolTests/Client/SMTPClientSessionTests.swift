import Mail
import Testing

@testable import SMTPProtocol

@Suite("the client's side of a session")
struct SMTPClientSessionTests {
    /// A conversation of one or more transactions, and what must come of it.
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var transactions: [ClientTransaction]
        var transcript: String
        var events: [String]
        init(_ name: String, _ transactions: [ClientTransaction], _ transcript: String, _ events: [String]) {
            testDescription = name
            self.transactions = transactions
            self.transcript = transcript
            self.events = events
        }
    }

    static let hello = """
        S: 220 mx.example ESMTP
        C: EHLO me.example
        S: 250-mx.example
        S: 250 PIPELINING

        """
    static let slowHello = """
        S: 220 mx.example ESMTP
        C: EHLO me.example
        S: 250 mx.example

        """
    static let one = ClientDialogue.transaction("b@y.example")
    static let two = ClientDialogue.transaction("b@y.example", "c@y.example")
    static let envelope = """
        C: MAIL FROM:<a@x.example>
        C: RCPT TO:<b@y.example>
        C: DATA

        """

    private func check(_ test: Case, _ options: ClientOptions? = nil) {
        var dialogue = ClientDialogue(test.transactions, options: options)
        dialogue.run(test.transcript)
        #expect(dialogue.events == test.events)
    }

    @Test(
        "the usual way",
        arguments: [
            Case(
                "with PIPELINING all commands go at once, and the next message follows", [one, one],
                hello + envelope + """
                    S: 250 2.1.0 Ok
                    S: 250 2.1.5 Ok
                    S: 354 End data with <CR><LF>.<CR><LF>
                    C: <content>
                    S: 250 2.0.0 Ok: queued as 1

                    """ + envelope + """
                        S: 250 2.1.0 Ok
                        S: 250 2.1.5 Ok
                        S: 354 go
                        C: <content>
                        S: 250 2.0.0 Ok: queued as 2
                        C: QUIT
                        """,
                [
                    "0 sent 2.0.0 250 2.0.0 Ok: queued as 1", "reusable", "0 sent 2.0.0 250 2.0.0 Ok: queued as 2", "reusable",
                ]),
            Case(
                "without it each command waits", [two],
                slowHello + """
                    C: MAIL FROM:<a@x.example>
                    S: 250 Ok
                    C: RCPT TO:<b@y.example>
                    S: 250 Ok
                    C: RCPT TO:<c@y.example>
                    S: 251 will forward
                    C: DATA
                    S: 354 go
                    C: <content>
                    S: 250 done
                    """,
                ["0 sent 2.0.0 250 done", "1 sent 2.0.0 250 done", "reusable"]),
            Case(
                "an old server is greeted with HELO", [one],
                """
                S: 220 mx.example
                C: EHLO me.example
                S: 502 what?
                C: HELO me.example
                S: 250 mx.example
                C: MAIL FROM:<a@x.example>
                S: 250 Ok
                C: RCPT TO:<b@y.example>
                S: 250 Ok
                C: DATA
                S: 354 go
                C: <content>
                S: 250 done
                """,
                ["0 sent 2.0.0 250 done", "reusable"]),
        ])
    func usual(_ test: Case) { check(test) }

    @Test(
        "refusals",
        arguments: [
            Case(
                "some recipients", [two],
                hello + """
                    C: MAIL FROM:<a@x.example>
                    C: RCPT TO:<b@y.example>
                    C: RCPT TO:<c@y.example>
                    C: DATA
                    S: 250 Ok
                    S: 550-5.1.1 No
                    S: 550 5.1.1 such user
                    S: 250 Ok
                    S: 354 go
                    C: <content>
                    S: 250 done
                    """,
                [
                    "0 bounced 5.1.1 host mx.example[192.0.2.1] said: 550-5.1.1 No 550 5.1.1 such user (in reply to RCPT TO command)",
                    "1 sent 2.0.0 250 done", "reusable",
                ]),
            Case(
                "all recipients, then a reset before the next message", [one, one],
                hello + envelope + """
                    S: 250 Ok
                    S: 450 4.2.0 greylisted
                    S: 554 no recipients
                    C: RSET

                    """ + envelope + """
                        S: 250 Ok
                        S: 250 Ok
                        S: 250 Ok
                        S: 354 go
                        C: <content>
                        S: 250 done
                        """,
                [
                    "0 deferred or elsewhere 4.2.0 host mx.example[192.0.2.1] said: 450 4.2.0 greylisted (in reply to RCPT TO command)",
                    "reusable", "0 sent 2.0.0 250 done", "reusable",
                ]),
            Case(
                "all recipients, but DATA is accepted", [one, one],
                hello + envelope + """
                    S: 250 Ok
                    S: 550 no
                    S: 354 go
                    C: .
                    S: 554 no valid recipients

                    """ + envelope,
                ["0 bounced 5.0.0 host mx.example[192.0.2.1] said: 550 no (in reply to RCPT TO command)", "reusable"]),
            Case(
                "the sender", [two],
                hello + """
                    C: MAIL FROM:<a@x.example>
                    C: RCPT TO:<b@y.example>
                    C: RCPT TO:<c@y.example>
                    C: DATA
                    S: 451 4.3.0 later
                    S: 503 5.5.1 need MAIL
                    S: 503 5.5.1 need MAIL
                    S: 503 5.5.1 need RCPT
                    """,
                [
                    "0 deferred or elsewhere 4.3.0 host mx.example[192.0.2.1] said: 451 4.3.0 later (in reply to MAIL FROM command)",
                    "1 deferred or elsewhere 4.3.0 host mx.example[192.0.2.1] said: 451 4.3.0 later (in reply to MAIL FROM command)",
                    "reusable",
                ]),
            Case(
                "the sender, one command at a time", [one],
                slowHello + """
                    C: MAIL FROM:<a@x.example>
                    S: 552 5.3.4 too big
                    """,
                [
                    "0 bounced 5.3.4 host mx.example[192.0.2.1] said: 552 5.3.4 too big (in reply to MAIL FROM command)",
                    "reusable",
                ]),
            Case(
                "DATA", [one],
                hello + envelope + """
                    S: 250 Ok
                    S: 250 Ok
                    S: 451 4.7.1 not now
                    """,
                [
                    "0 deferred or elsewhere 4.7.1 host mx.example[192.0.2.1] said: 451 4.7.1 not now (in reply to DATA command)",
                    "reusable",
                ]),
            Case(
                "the content", [one],
                hello + envelope + """
                    S: 250 Ok
                    S: 250 Ok
                    S: 354 go
                    C: <content>
                    S: 554 5.7.1 spam
                    """,
                [
                    "0 bounced 5.7.1 host mx.example[192.0.2.1] said: 554 5.7.1 spam (in reply to end of DATA command)",
                    "reusable",
                ]),
            Case(
                "421 ends the session", [one, one],
                hello + envelope + """
                    S: 250 Ok
                    S: 250 Ok
                    S: 354 go
                    C: <content>
                    S: 421 4.3.2 going down
                    """,
                [
                    "0 deferred or elsewhere 4.3.2 host mx.example[192.0.2.1] said: 421 4.3.2 going down (in reply to end of DATA command)",
                    "not reusable",
                ]),
        ])
    func refusals(_ test: Case) { check(test) }

    @Test(
        "the greeting",
        arguments: [
            Case(
                "a temporary refusal", [], "S: 421 4.3.2 too busy\nC: QUIT",
                ["failed deferred or elsewhere 4.3.2 host mx.example[192.0.2.1] refused to talk to me: 421 4.3.2 too busy"]),
            Case(
                "a permanent one is none (smtp_skip_5xx_greeting)", [], "S: 554 5.7.1 go away",
                ["failed deferred or elsewhere 4.7.1 host mx.example[192.0.2.1] refused to talk to me: 554 5.7.1 go away"]),
            Case(
                "EHLO and HELO refused", [],
                """
                S: 220 mx.example
                C: EHLO me.example
                S: 550 no
                C: HELO me.example
                S: 550 5.7.1 no
                """,
                ["failed bounced 5.7.1 host mx.example[192.0.2.1] refused to talk to me: 550 5.7.1 no"]),
            Case(
                "not SMTP at all", [], "S: SSH-2.0-OpenSSH",
                [
                    "failed deferred or elsewhere 4.5.0 Protocol error: host mx.example[192.0.2.1] said: SSH-2.0-OpenSSH (while receiving the initial server greeting)"
                ]),
            Case(
                "nothing", [], "S: <close>",
                [
                    "failed deferred or elsewhere 4.4.2 lost connection with mx.example[192.0.2.1] while receiving the initial server greeting"
                ]),
            Case(
                "silence after EHLO", [], "S: 220 mx.example\nC: EHLO me.example\nS: <timeout>",
                [
                    "failed deferred or elsewhere 4.4.2 conversation with mx.example[192.0.2.1] timed out while performing the EHLO handshake"
                ]),
        ])
    func greeting(_ test: Case) { check(test) }

    @Test("a 5xx greeting is final when the administrator says so")
    func finalGreeting() {
        var options = ClientOptions(heloName: "me.example", myHostname: "me.example")
        options.skips5xxGreeting = false
        check(
            Case(
                "", [], "S: 554 5.7.1 go away",
                ["failed bounced 5.7.1 host mx.example[192.0.2.1] refused to talk to me: 554 5.7.1 go away"]), options)
    }

    @Test("a server that calls itself as we are called is ourselves, on port 25")
    func loop() {
        var options = ClientOptions(heloName: "me.example", myHostname: "Mx.Example")
        check(Case("", [], Self.hello, []), options)
        options.detectsLoops = true
        check(Case("", [], Self.hello, ["failed bounced 5.4.6 mail for mx.example loops back to myself"]), options)
        options.isBestExchanger = false
        check(Case("", [], Self.hello, ["failed deferred 4.4.6 mail for mx.example loops back to myself"]), options)
    }

    /// Where the server hangs up or falls silent, and what is said of a recipient then.
    @Test(
        "a conversation that breaks on a fresh connection",
        arguments: [
            ("", "sending MAIL FROM", true),
            ("S: 250 Ok\n", "sending RCPT TO", true),
            ("S: 250 Ok\nS: 250 Ok\n", "sending DATA command", true),
            ("S: 250 Ok\nS: 250 Ok\nS: 354 go\nC: <content begins>\n", "sending message body", true),
            (
                "S: 250 Ok\nS: 250 Ok\nS: 354 go\nC: <content>\n", "sending end of data -- message may be sent more than once",
                false
            ),
        ])
    func breaks(_ said: String, _ activity: String, _ mayRetry: Bool) {
        let elsewhere = mayRetry ? " or elsewhere" : ""
        for (word, text) in [
            ("<close>", "4.4.2 lost connection with mx.example[192.0.2.1] while \(activity)"),
            ("<timeout>", "4.4.2 conversation with mx.example[192.0.2.1] timed out while \(activity)"),
            ("xyz", "4.5.0 Protocol error: host mx.example[192.0.2.1] said: xyz (while \(activity))"),
        ] {
            check(
                Case(
                    "", [Self.one], Self.hello + Self.envelope + said + "S: " + word,
                    ["0 deferred\(elsewhere) \(text)", "failed deferred\(elsewhere) \(text)"]))
        }
    }

    @Test("recipients that were refused stay refused when the conversation breaks")
    func breaksAfterRefusal() {
        check(
            Case(
                "", [Self.two],
                Self.hello + """
                    C: MAIL FROM:<a@x.example>
                    C: RCPT TO:<b@y.example>
                    C: RCPT TO:<c@y.example>
                    C: DATA
                    S: 250 Ok
                    S: 550 no
                    S: <close>
                    """,
                [
                    "0 bounced 5.0.0 host mx.example[192.0.2.1] said: 550 no (in reply to RCPT TO command)",
                    "1 deferred or elsewhere 4.4.2 lost connection with mx.example[192.0.2.1] while sending RCPT TO",
                    "failed deferred or elsewhere 4.4.2 lost connection with mx.example[192.0.2.1] while sending RCPT TO",
                ]))
    }

    static let delivered =
        hello + envelope + """
            S: 250 Ok
            S: 250 Ok
            S: 354 go
            C: <content>
            S: 250 done

            """

    @Test(
        "a kept connection that is over before content went out is no failure",
        arguments: ["S: <close>", "S: 421 idle for too long", "S: 250 Ok\nS: <close>", "S: 250 Ok\nS: 250 Ok\nS: <close>"])
    func stale(_ end: String) {
        check(
            Case(
                "", [Self.one, Self.one], Self.delivered + Self.envelope + end, ["0 sent 2.0.0 250 done", "reusable", "stale"]))
    }

    @Test("but with content on its way it is one")
    func notStale() {
        check(
            Case(
                "", [Self.one, Self.one],
                Self.delivered + Self.envelope + "S: 250 Ok\nS: 250 Ok\nS: 354 go\nC: <content begins>\nS: <close>",
                [
                    "0 sent 2.0.0 250 done", "reusable",
                    "0 deferred or elsewhere 4.4.2 lost connection with mx.example[192.0.2.1] while sending message body",
                    "failed deferred or elsewhere 4.4.2 lost connection with mx.example[192.0.2.1] while sending message body",
                ]))
    }

    @Test("what an idle server says, it says to end the session")
    func unasked() {
        check(Case("", [Self.one], Self.delivered + "S: 421 bye", ["0 sent 2.0.0 250 done", "reusable", "stale"]))
    }

    @Test("a refused reset makes a kept connection stale")
    func refusedReset() {
        check(
            Case(
                "", [Self.one, Self.one],
                Self.hello + Self.envelope + "S: 250 Ok\nS: 550 no\nS: 554 no\nC: RSET\n" + Self.envelope + "S: 500 what?",
                [
                    "0 bounced 5.0.0 host mx.example[192.0.2.1] said: 550 no (in reply to RCPT TO command)", "reusable",
                    "stale",
                ]))
    }

    @Test("a refusal in the middle of the content counts, with or without hanging up")
    func earlyRefusal() {
        let start = Self.hello + Self.envelope + "S: 250 Ok\nS: 250 Ok\nS: 354 go\nC: <content begins>\nS: 552 5.3.4 too big\n"
        let refusal = "0 bounced 5.3.4 host mx.example[192.0.2.1] said: 552 5.3.4 too big (in reply to end of DATA command)"
        check(Case("", [Self.one], start + "S: <close>", [refusal, "not reusable"]))
        check(Case("", [Self.one], start + "C: <content ends>", [refusal, "not reusable"]))
    }

    @Test("a 2xx before the end of the content is no success")
    func earlySuccess() {
        check(
            Case(
                "", [Self.one],
                Self.hello + Self.envelope
                    + "S: 250 Ok\nS: 250 Ok\nS: 354 go\nC: <content begins>\nS: 250 done\nC: <content ends>",
                [
                    "0 deferred or elsewhere 4.5.0 Protocol error: host mx.example[192.0.2.1] said: 250 done (while sending message body)",
                    "failed deferred or elsewhere 4.5.0 Protocol error: host mx.example[192.0.2.1] said: 250 done (while sending message body)",
                ]))
    }

    @Test("damaged content is not ended, and is not the server's fault")
    func damaged() {
        check(
            Case(
                "", [Self.one],
                Self.hello + Self.envelope + "S: 250 Ok\nS: 250 Ok\nS: 354 go\nC: <content begins>\nS: <damaged>",
                ["0 deferred 4.3.0 local data error while talking to mx.example[192.0.2.1]", "aborted"]))
    }

    @Test(
        "replies out of order are temporary and end the session",
        arguments: [
            ("S: 354 go\nS: 503 no\nS: 503 no", "354 go (in reply to MAIL FROM command)"),
            ("S: 250 Ok\nS: 354 go\nS: 503 no", "354 go (in reply to RCPT TO command)"),
            ("S: 250 Ok\nS: 250 Ok\nS: 250 go", "250 go (in reply to DATA command)"),
            ("S: 250 Ok\nS: 250 Ok\nS: 354 go\nC: <content>\nS: 354 more", "354 more (in reply to end of DATA command)"),
        ])
    func outOfOrder(_ said: String, _ text: String) {
        check(
            Case(
                "", [Self.one], Self.hello + Self.envelope + said,
                ["0 deferred or elsewhere 4.5.0 Protocol error: host mx.example[192.0.2.1] said: \(text)", "not reusable"]))
    }
}
