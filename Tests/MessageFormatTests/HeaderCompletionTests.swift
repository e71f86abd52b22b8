import Mail
import Testing

@testable import MessageFormat

struct HeaderCompletionTests {
    private func completed(
        _ text: String, sender: String = "a@x.example", fullName: String? = nil, addsMissing: Bool = true,
        undisclosed: String = "To: undisclosed-recipients:;", prepended: String = ""
    ) throws -> String {
        let bytes = Array(text.utf8)
        let section = HeaderSection(bytes)
        var completion = HeaderCompletion(
            queueID: try #require(QueueID("4ABC")), hostname: "mx.example", sender: ReversePath(internal: sender),
            date: "DATE", arrival: 0, addsMissing: addsMissing)
        completion.fullName = fullName
        completion.undisclosedRecipients = undisclosed
        completion.nullSenderAddress = EmailAddress(localPart: "MAILER-DAEMON", domain: "mx.example")
        let edits = completion.edits(for: section).edits
        let block = section.assembled(from: bytes.span, prepended: Array(prepended.utf8), edits: edits)
        return String(decoding: block, as: UTF8.self) + String(decoding: bytes[section.bodyStart...], as: UTF8.self)
    }

    private static let id = "Message-Id: <19700101000000.4ABC@mx.example>\r\n"

    @Test(
        "what is missing comes, in Postfix's order",
        arguments: [
            ("\r\nhi\r\n", id + "Date: DATE\r\nFrom: a@x.example\r\nTo: undisclosed-recipients:;\r\n\r\nhi\r\n"),
            ("To: b\r\n\r\nhi\r\n", "To: b\r\n" + id + "Date: DATE\r\nFrom: a@x.example\r\n\r\nhi\r\n"),
            ("hi\r\n", id + "Date: DATE\r\nFrom: a@x.example\r\nTo: undisclosed-recipients:;\r\n\r\nhi\r\n"),
            (
                "From: c\r\nmessage-id: <1>\r\nDATE: d\r\nCc: e\r\n\r\n",
                "From: c\r\nmessage-id: <1>\r\nDATE: d\r\nCc: e\r\n\r\n"
            ),
            ("Cc: e", "Cc: e\r\n" + id + "Date: DATE\r\nFrom: a@x.example\r\n\r\n"),
            (
                "From: c\r\nTo: x\r\nResent-To: y\r\n\r\n",
                "From: c\r\nTo: x\r\nResent-To: y\r\nResent-" + id + "Resent-Date: DATE\r\nResent-From: a@x.example\r\n\r\n"
            ),
        ])
    func missing(_ text: String, _ expected: String) throws { #expect(try completed(text) == expected) }

    @Test("Bcc, Return-Path and Content-Length go with their folds, whoever submits")
    func dropped() throws {
        let text = "Bcc: a,\r\n b\r\nReturn-Path: <x>\r\nTo: c\r\nContent-Length: 3\r\nResent-Bcc: d\r\n\r\nx\r\n"
        #expect(try completed(text, addsMissing: false) == "To: c\r\n\r\nx\r\n")
    }

    @Test(
        "the originator",
        arguments: [
            ("a@x.example", "Ann Example", "From: Ann Example <a@x.example>"),
            ("a@x.example", "Ann E. (x)", "From: \"Ann E. (x)\" <a@x.example>"),
            ("a@x.example", "Ann\r\nBcc: y", "From: \"Ann  Bcc: y\" <a@x.example>"),
            ("", nil, "From: MAILER-DAEMON@mx.example"),
            ("a b@x.example", nil, "From: \"a b\"@x.example"),
        ] as [(String, String?, String)])
    func originator(_ sender: String, _ name: String?, _ line: String) throws {
        let text = try completed("To: b\r\n\r\n", sender: sender, fullName: name)
        #expect(text.contains("\r\n" + line + "\r\n"))
    }

    @Test("what is prepended comes first")
    func prepended() throws {
        let text = try completed("To: b\r\n\r\nx", addsMissing: false, prepended: "Received: by y\r\n")
        #expect(text == "Received: by y\r\nTo: b\r\n\r\nx")
    }

    @Test(
        "fields over the limit are cut at a line's end, or within their first line",
        arguments: [
            ("To: a,\r\n b,\r\n c\r\nCc: d\r\n\r\n", 14, "To: a,\r\n b,\r\nCc: d\r\n\r\n"),
            ("Subject: 0123456789\r\nCc: d\r\n\r\n", 12, "Subject: 012\r\nCc: d\r\n\r\n"),
            ("Cc: d\r\n\r\n", 12, "Cc: d\r\n\r\n"),
        ])
    func cut(_ text: String, _ limit: Int, _ expected: String) {
        let bytes = Array(text.utf8)
        let block = HeaderSection(bytes).assembled(from: bytes.span, prepended: [], edits: HeaderEdits(), fieldLimit: limit)
        #expect(String(decoding: block, as: UTF8.self) == expected)
    }
}
