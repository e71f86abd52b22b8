import Mail
import Testing

@testable import SMTPProtocol

private func parse(_ line: String) -> Result<SMTPCommand, SMTPSyntaxError> {
    let line = SMTPCommandLine(Array(line.utf8))
    do throws(SMTPSyntaxError) { return .success(try line.parse()) } catch { return .failure(error) }
}

private func sender(_ internalForm: String) -> SMTPCommand { .mail(ReversePath(internal: internalForm), MailParameters()) }

private func recipient(_ local: String, _ domain: String) -> SMTPCommand {
    .rcpt(EmailAddress(localPart: local, domain: domain), RecipientParameters())
}

@Suite("commands")
struct SMTPCommandTests {
    @Test(
        "are read whatever their case and spacing",
        arguments: [
            ("HELO there", .helo("there")),
            ("eHlO [127.0.0.1] ", .ehlo("[127.0.0.1]")),
            ("EHLO two words", .ehlo("two words")),
            ("DATA", .data), ("rset ", .rset), ("NOOP whatever", .noop), ("QUIT", .quit), ("QUIT now", .quit),
            ("HELP me", .help),
            ("VRFY a@b", .vrfy("a@b")),
            ("XYZZY 1", .unknown("XYZZY")), ("MAILFROM:<a@b>", .unknown("MAILFROM:<a@b>")), ("", .unknown("")),
            ("MAIL FROM:<>", sender("")),
            ("MAIL FROM:<a@b.c>", sender("a@b.c")),
            ("mail from: < a@b.c > ", sender("a@b.c")),
            ("MAIL FROM:a@b.c", sender("a@b.c")),
            ("MAIL FROM:<a>", sender("a")),
            ("MAIL FROM:<@x.y,@z:a@b.c>", sender("a@b.c")),
            ("MAIL FROM:<\"a b\"@c>", sender("a b@c")),
            ("MAIL FROM:<\"a\\\"b\\\\\"@c>", sender("a\"b\\@c")),
            ("MAIL FROM:<\"\"@c>", nil),
            ("MAIL FROM:<a..b.@c>", sender("a..b.@c")),
            ("MAIL FROM:<a@[192.0.2.1]>", sender("a@[192.0.2.1]")),
            ("MAIL FROM:<a@[IPv6:::1]>", sender("a@[IPv6:::1]")),
            ("MAIL FROM:<ü@exämple.org>", sender("ü@exämple.org")),
            ("RCPT TO:<postmaster>", recipient("postmaster", "")),
            ("RCPT TO:<\"x@y\"@z.>", recipient("x@y", "z")),
            ("RCPT TO:<a%b!c@d_e-f>", recipient("a%b!c", "d_e-f")),
        ] as [(String, SMTPCommand?)])
    func accepted(_ line: String, _ expected: SMTPCommand?) {
        #expect((try? parse(line).get()) == expected)
    }

    @Test(
        "are refused where the grammar does not hold",
        arguments: [
            ("HELO", "501 Syntax: HELO hostname"), ("EHLO  ", "501 Syntax: EHLO hostname"),
            ("DATA x", "501 5.5.4 Syntax: DATA"), ("RSET x", "501 5.5.4 Syntax: RSET"),
            ("VRFY", "501 5.5.4 Syntax: VRFY address"),
            ("MAIL", "501 5.5.4 Syntax: MAIL FROM:<address>"), ("MAIL FROM:", "501 5.5.4 Syntax: MAIL FROM:<address>"),
            ("MAIL TO:<a@b>", "501 5.5.4 Syntax: MAIL FROM:<address>"),
            ("RCPT FROM:<a@b>", "501 5.5.4 Syntax: RCPT TO:<address>"), ("RCPT TO: ", "501 5.5.4 Syntax: RCPT TO:<address>"),
            ("MAIL FROM:<a@b", "501 5.1.7 Bad sender address syntax"),
            ("MAIL FROM:<a@@b>", "501 5.1.7 Bad sender address syntax"),
            ("MAIL FROM:<a@b>x", "501 5.1.7 Bad sender address syntax"),
            ("MAIL FROM:<a b@c>", "501 5.1.7 Bad sender address syntax"),
            ("MAIL FROM:<@b>", "501 5.1.7 Bad sender address syntax"),
            ("MAIL FROM:<a@b..c>", "501 5.1.7 Bad sender address syntax"),
            ("MAIL FROM:<\"a@b>", "501 5.1.7 Bad sender address syntax"),
            ("MAIL FROM:<a@[]>", "501 5.1.7 Bad sender address syntax"),
            ("RCPT TO:<>", "501 5.1.3 Bad recipient address syntax"),
            ("RCPT TO:<a@>", "501 5.1.3 Bad recipient address syntax"),
            ("RCPT TO:<a,b@c>", "501 5.1.3 Bad recipient address syntax"),
            ("MAIL FROM:<a@b> SIZE=x", "501 5.5.4 Bad message size syntax"),
            ("MAIL FROM:<a@b> SIZE=", "501 5.5.4 Bad message size syntax"),
            ("MAIL FROM:<a@b> SIZE", "555 5.5.4 Unsupported option: SIZE"),
            ("MAIL FROM:<a@b> BODY=BINARYMIME", "555 5.5.4 Unsupported option: BODY=BINARYMIME"),
            ("MAIL FROM:<a@b> AUTH=<>", "555 5.5.4 Unsupported option: AUTH=<>"),
            ("MAIL FROM:<a@b> RET=ALL", "501 5.5.4 Bad RET parameter syntax"),
            ("MAIL FROM:<a@b> ENVID=a+0Ab", "501 5.5.4 Bad ENVID parameter syntax"),
            ("RCPT TO:<a@b> NOTIFY=NEVER,SUCCESS", "501 5.5.4 Error: Bad NOTIFY parameter syntax"),
            ("RCPT TO:<a@b> NOTIFY=", "501 5.5.4 Error: Bad NOTIFY parameter syntax"),
            ("RCPT TO:<a@b> ORCPT=rfc822", "501 5.5.4 Error: Bad ORCPT parameter syntax"),
            ("RCPT TO:<a@b> SIZE=1", "555 5.5.4 Unsupported option: SIZE=1"),
            ("NOOP \u{0}", "500 5.5.2 Error: bad syntax"), ("MAIL FROM:<a\r@b>", "500 5.5.2 Error: bad syntax"),
        ])
    func refused(_ line: String, _ reply: String) {
        guard case .failure(let error) = parse(line) else { return #expect(Bool(false), "\(line) was accepted") }
        #expect(error.reply.description == reply)
    }

    @Test("carry their parameters")
    func parameters() throws {
        var mail = MailParameters()
        mail.size = 12345
        mail.body = .eightBitMIME
        mail.smtpUTF8 = true
        mail.returnContent = .headers
        mail.envelopeID = "a=b"
        #expect(
            try parse("MAIL FROM:<a@b> size=12345 Body=8bitmime SMTPUTF8 RET=hdrs ENVID=a+3Db").get()
                == .mail(ReversePath(internal: "a@b"), mail))
        var recipient = RecipientParameters()
        recipient.notify = [.success, .delay]
        recipient.orcpt = OriginalRecipient(type: "rfc822", address: "x+y@z")
        #expect(
            try parse("RCPT TO:<a@b> NOTIFY=SUCCESS,delay ORCPT=rfc822;x+2By@z").get()
                == .rcpt(EmailAddress(internal: "a@b"), recipient))
        recipient = RecipientParameters()
        recipient.notify = []
        #expect(try parse("RCPT TO:<a@b> NOTIFY=NEVER").get() == .rcpt(EmailAddress(internal: "a@b"), recipient))
        #expect(
            try parse("MAIL FROM:<a@b> SIZE=99999999999999999999").get()
                == .mail(
                    ReversePath(internal: "a@b"),
                    {
                        var parameters = MailParameters()
                        parameters.size = .max
                        return parameters
                    }()))
    }

    @Test("never trap, whatever the octets")
    func random() {
        var generator = SplitMix(seed: 11)
        let pieces =
            [
                "MAIL FROM:", "RCPT TO:", "<", ">", "@", "\"", "\\", "[", "]", ":", ",", " ", ".", "a", "ü", "SIZE=", "9", "+",
                "ORCPT=", ";", "\u{0}", "NOTIFY=", "=",
            ].map { Array($0.utf8) } + [[0xff], [0xc3]]
        for _ in 0..<20_000 {
            var line = Array(["MAIL FROM:<", "RCPT TO:<", "", "EHLO "].randomElement(using: &generator).map { $0 } ?? "")
                .flatMap {
                    Array(String($0).utf8)
                }
            for _ in 0..<Int.random(in: 0...14, using: &generator) { line += pieces.randomElement(using: &generator) ?? [] }
            _ = try? SMTPCommandLine(line).parse()
        }
    }

    @Test("xtext goes there and back", arguments: ["", "a b", "+=", "ü", "plain@x"])
    func xtext(_ text: String) {
        #expect(XText.decode(XText.encode(text).utf8) == text)
    }
}
