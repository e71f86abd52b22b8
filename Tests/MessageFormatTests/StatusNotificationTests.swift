import Foundation
import Mail
import Testing

@testable import MessageFormat

struct StatusNotificationTests {
    private func notification(
        _ purpose: StatusNotification.Purpose = .failure, returned: StatusNotification.Returned = .full, utf8: Bool = false
    ) throws -> StatusNotification {
        var parent = Envelope(
            queueID: try #require(QueueID("4PARENT")), sender: ReversePath(internal: "a@x.example"), recipients: [],
            arrival: 1_700_000_000_000_000)
        parent.envelopeID = "env+2Bid"
        parent.smtpUTF8 = utf8
        var first = EnvelopeRecipient(EmailAddress(internal: utf8 ? "j\u{fc}rgen@y.example" : "b c@y.example"))
        first.original = EmailAddress(internal: "list@y.example")
        first.orcpt = OriginalRecipient(type: "rfc822", address: "list+x@y.example")
        let second = EnvelopeRecipient(EmailAddress(internal: "d@z.example"))
        let long =
            "host mx.z.example[192.0.2.9] said: 550 5.1.1 <d@z.example>: Recipient address rejected: User unknown in local recipient table\r\nX: y"
        var notification = StatusNotification(
            purpose, ownID: try #require(QueueID("4OWN")), parent: parent,
            recipients: [
                .init(first, DeliveryStatus(.bounced, EnhancedStatus(.permanent, 1, 1), "unknown user: \"b c\"")),
                .init(
                    second,
                    DeliveryStatus(
                        purpose == .success ? .relayed : .bounced, EnhancedStatus(.permanent, 1, 1), long,
                        diagnostic: RemoteDiagnostic(
                            type: "smtp", text: "550 5.1.1 <d@z.example>: User unknown", host: "mx.z.example"))),
            ],
            destination: EmailAddress(internal: "a@x.example"), returned: returned, hostname: "mx.example", origin: "example",
            mailName: "Postfix", date: "Tue, 14 Nov 2023 22:13:20 +0000 (UTC)",
            arrivalDate: "Tue, 14 Nov 2023 22:13:20 +0000 (UTC)")
        notification.retryUntil = "Sun, 19 Nov 2023 22:13:20 +0000 (UTC)"
        return notification
    }

    /// Python's email package reads the report and prints what it understood, a line each.
    private func parsed(_ notification: StatusNotification, content: String) throws -> [String] {
        let script = """
            import email, email.policy, sys
            m = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)
            print(m.get_content_type(), m.get_param("report-type"), len(m.defects), m["From"], m["To"], m["Subject"], m["Auto-Submitted"], sep="|")
            text, status, original = m.iter_parts()
            print(text.get_content_type(), original.get_content_type(), original["Content-Description"], sep="|")
            for block in status.get_payload():
                print(";".join("%s=%s" % (k, " ".join(str(v).split())) for k, v in block.items()))
            if original.get_content_type() == "message/rfc822":
                print("subject", original.get_payload(0)["Subject"], original.get_payload(0).get_payload().strip())
            """
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        process.arguments = ["-c", script]
        let input = Pipe()
        let output = Pipe()
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        input.fileHandleForWriting.write(Data(notification.head + Array(content.utf8) + notification.tail))
        try input.fileHandleForWriting.close()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return text.split(separator: "\n").map(String.init)
    }

    @Test("an independent parser reads a failure report")
    func failure() throws {
        let lines = try parsed(try notification(), content: "Subject: hello\r\n\r\nthe body\r\n")
        #expect(
            lines[0]
                == "multipart/report|delivery-status|0|\"MAILER-DAEMON@example\" <Mail Delivery System>|a@x.example|Undelivered Mail Returned to Sender|auto-replied"
                || lines[0]
                    == "multipart/report|delivery-status|0|MAILER-DAEMON@example|a@x.example|Undelivered Mail Returned to Sender|auto-replied"
        )
        #expect(lines[1] == "text/plain|message/rfc822|Undelivered Message")
        #expect(
            lines[2]
                == "Reporting-MTA=dns; mx.example;Original-Envelope-Id=env+2Bid;X-Postfix-Queue-ID=4PARENT;X-Postfix-Sender=rfc822; a@x.example;Arrival-Date=Tue, 14 Nov 2023 22:13:20 +0000 (UTC)"
        )
        #expect(
            lines[3]
                == "Final-Recipient=rfc822; \"b c\"@y.example;Original-Recipient=rfc822;list+2Bx@y.example;Action=failed;Status=5.1.1;Diagnostic-Code=X-Postfix; unknown user: \"b c\""
        )
        #expect(
            lines[4]
                == "Final-Recipient=rfc822; d@z.example;Action=failed;Status=5.1.1;Remote-MTA=dns; mx.z.example;Diagnostic-Code=smtp; 550 5.1.1 <d@z.example>: User unknown"
        )
        #expect(lines[5] == "subject hello the body")
    }

    @Test("delay and success reports say what they are")
    func others() throws {
        let delay = try parsed(try notification(.delay(warningTime: 14_400, lifetime: 432_000)), content: "Subject: x\r\n\r\n")
        #expect(delay[0].contains("Delayed Mail (still being retried)"))
        #expect(
            delay[3].contains("Action=delayed") && delay[3].hasSuffix("Will-Retry-Until=Sun, 19 Nov 2023 22:13:20 +0000 (UTC)"))
        let success = try parsed(try notification(.success, returned: .headers), content: "Subject: x\r\n")
        #expect(success[0].contains("Successful Mail Delivery Report"))
        #expect(success[1] == "text/plain|text/rfc822-headers|Message Headers")
        #expect(success[4].contains("Action=relayed"))
    }

    @Test("an internationalised report has RFC 6533's types")
    func international() throws {
        let text = String(decoding: try notification(utf8: true).head, as: UTF8.self)
        #expect(text.contains("Content-Type: message/global-delivery-status\r\nContent-Transfer-Encoding: 8bit\r\n"))
        #expect(text.contains("Final-Recipient: utf-8; j\u{fc}rgen@y.example\r\n"))
        #expect(text.contains("Content-Type: message/global\r\n"))
        #expect(text.contains("charset=utf-8"))
    }

    @Test("long reasons are wrapped, and another host's line ends end no line")
    func wrapping() throws {
        let text = String(decoding: try notification().head, as: UTF8.self)
        #expect(
            text.contains("<d@z.example>: host mx.z.example[192.0.2.9] said: 550 5.1.1 <d@z.example>:\r\n    Recipient address")
        )
        #expect(!text.contains("\r\nX: y"))
        #expect(text.contains("<\"b c\"@y.example> (expanded from <list@y.example>): unknown user: \"b c\"\r\n"))
    }

    @Test("xtext", arguments: [("a+b=c d", "a+2Bb+3Dc+20d"), ("plain@x", "plain@x"), ("\u{e9}", "+C3+A9")])
    func xtext(_ plain: String, _ encoded: String) {
        #expect(XText.encode(plain) == encoded)
        #expect(XText.decode(encoded) == plain)
    }

    @Test("what is no xtext", arguments: ["+", "+4", "+4g", "a=b", "a b", "+0D+0A", "+FF"])
    func invalidXText(_ text: String) { #expect(XText.decode(text) == nil) }
}
