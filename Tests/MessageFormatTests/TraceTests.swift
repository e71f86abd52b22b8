import Mail
import Testing

@testable import MessageFormat

struct TraceTests {
    @Test(
        "dates",
        arguments: [
            (0, 0, "UTC", "Thu,  1 Jan 1970 00:00:00 +0000 (UTC)"),
            (1_690_884_000, 7200, "CEST", "Tue,  1 Aug 2023 12:00:00 +0200 (CEST)"),
            (1_709_251_199, 0, "", "Thu, 29 Feb 2024 23:59:59 +0000"),
            (1_700_000_000, -12_600, "NST", "Tue, 14 Nov 2023 18:43:20 -0330 (NST)"),
            (4_102_444_799, 0, "", "Thu, 31 Dec 2099 23:59:59 +0000"),
            (-1, 0, "", "Wed, 31 Dec 1969 23:59:59 +0000"),
            (951_782_400, 0, "", "Tue, 29 Feb 2000 00:00:00 +0000"),
        ] as [(Int64, Int32, String, String)])
    func dates(_ seconds: Int64, _ offset: Int32, _ name: String, _ expected: String) {
        #expect(MailDate.text(seconds: seconds, zone: ZoneOffset(seconds: offset, name: name)) == expected)
    }

    @Test("the line that begins a message in an mbox has asctime's date")
    func mailbox() { #expect(MailDate.mailboxText(seconds: 1_690_884_000, zone: .utc) == "Tue Aug  1 10:00:00 2023") }

    @Test("the date of a second is made once")
    func cache() {
        var cache = MailDateCache { _ in .utc }
        #expect(cache.text(seconds: 0) == cache.text(seconds: 0))
        #expect(cache.text(seconds: 1).contains("00:00:01"))
    }

    private func text(_ source: ReceivedField.Source) throws -> String {
        let id = try #require(QueueID("4ABC"))
        return String(
            decoding: ReceivedField(source, hostname: "mx.example", mailName: "Postfix", queueID: id, date: "DATE").bytes,
            as: UTF8.self)
    }

    @Test("Received of a network client, with and without recipient")
    func network() throws {
        let rcpt = EmailAddress(internal: "b@y")
        #expect(
            try text(
                .network(
                    helo: "h", name: "n.example", address: "192.0.2.1", transmissionProtocol: "ESMTP", comments: [],
                    recipient: rcpt))
                == "Received: from h (n.example [192.0.2.1])\r\n\tby mx.example (Postfix) with ESMTP id 4ABC\r\n\tfor <b@y>; DATE\r\n"
        )
        #expect(
            try text(
                .network(
                    helo: "", name: "unknown", address: "2001:db8::1", transmissionProtocol: "SMTP", comments: ["using TLS"],
                    recipient: nil))
                == "Received: from unknown (unknown [IPv6:2001:db8::1])\r\n\t(using TLS)\r\n\tby mx.example (Postfix) with SMTP id 4ABC;\r\n\tDATE\r\n"
        )
        #expect(
            try text(
                .network(
                    helo: "h\r\nX: y", name: "n", address: "192.0.2.1", transmissionProtocol: "SMTP", comments: [],
                    recipient: nil)
            )
            .hasPrefix("Received: from h??X: y ("))
    }

    @Test("Received of local mail")
    func local() throws {
        #expect(try text(.localUser(uid: 1000)) == "Received: by mx.example (Postfix, from userid 1000)\r\n\tid 4ABC; DATE\r\n")
        #expect(try text(.internalMail) == "Received: by mx.example (Postfix)\r\n\tid 4ABC; DATE\r\n")
    }
}
