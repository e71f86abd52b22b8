import Configuration
import Mail
import Routing
import Testing
import Wire

@testable import Cleanup

@Suite("what cleanup does to a message")
struct MessagePreparationTests {
    private static func preparation(_ settings: [String: String] = [:]) throws -> MessagePreparation {
        var all = ["myhostname": "mx.example.test", "myorigin": "example.test", "compatibility_level": "3.6"]
        all.merge(settings) { $1 }
        let configuration = Configuration(directory: "/", settings: all.mapValues { .init($0) })
        let aliases = try VirtualAliases(configuration, resolver: try AddressResolver(configuration))
        var recipients = RecipientPreparation(
            rewriter: try AddressRewriter(configuration), aliases: aliases.isEmpty ? nil : aliases)
        recipients.alwaysBcc = all["always_bcc"].map { EmailAddress(internal: $0) }
        var headers = MessagePreparation.HeaderSettings()
        headers.hostname = "mx.example.test"
        headers.undisclosedRecipients = all["undisclosed_recipients_header"] ?? ""
        return MessagePreparation(headers: headers, recipients: recipients)
    }

    private static func submission(
        _ recipients: [String], flags: Submission.Flags = [], sender: String = "s@client.test", prepended: String = ""
    ) -> Submission {
        let envelope = Envelope(
            queueID: QueueID(microseconds: 1_700_000_000_000_000, unique: 1), sender: ReversePath(internal: sender),
            recipients: recipients.map { EnvelopeRecipient(EmailAddress(internal: $0)) }, arrival: 1_700_000_000_000_000)
        return Submission(envelope: envelope, flags: flags, prepended: Array(prepended.utf8), contentLength: nil)
    }

    private static func prepare(
        _ content: String, _ submission: Submission, _ settings: [String: String] = [:]
    ) throws -> PreparedMessage {
        let bytes = Array(content.utf8)
        return try preparation(settings).prepare(submission, content: bytes.span) { _ in "Tue, 14 Nov 2023 22:13:20 +0000" }
    }

    @Test("headers stay as they are but for what is put in front", arguments: ["", "body\r\n", "\r\n\r\n", "a: b\r\n"])
    func untouched(body: String) throws {
        let content = "Subject: x\r\nX-Odd:\r\n folded\r\n\r\n" + body
        let message = try Self.prepare(content, Self.submission(["a@b.test"], prepended: "Received: by us\r\n"))
        #expect(
            String(decoding: message.headerBlock, as: UTF8.self) == "Received: by us\r\nSubject: x\r\nX-Odd:\r\n folded\r\n\r\n"
        )
        #expect(String(content.utf8.dropFirst(message.bodyStart)) == body)
        #expect(message.envelope.size == UInt64(message.headerBlock.count))
    }

    @Test("Bcc and Return-Path never go out")
    func dropped() throws {
        let message = try Self.prepare("bcc: secret@x\r\nTo: a\r\nReturn-Path: <x>\r\n\r\n", Self.submission(["a@b.test"]))
        #expect(String(decoding: message.headerBlock, as: UTF8.self) == "To: a\r\n\r\n")
    }

    @Test("missing headers are added to local mail only")
    func completion() throws {
        let plain = try Self.prepare("Subject: x\r\n\r\n", Self.submission(["a@b.test"]))
        #expect(!String(decoding: plain.headerBlock, as: UTF8.self).contains("Date:"))
        let local = try Self.prepare(
            "Subject: x\r\n\r\n", Self.submission(["a@b.test"], flags: .completeHeaders, sender: "joe"))
        let block = String(decoding: local.headerBlock, as: UTF8.self)
        #expect(block.contains("\r\nDate: Tue, 14 Nov 2023 22:13:20 +0000\r\n"))
        #expect(block.contains("\r\nMessage-Id: <20231114221320.") && block.contains("@mx.example.test>\r\n"))
        #expect(block.contains("\r\nFrom: joe@example.test\r\n"))
        #expect(local.envelope.sender == ReversePath(internal: "joe@example.test"))
    }

    @Test("recipients of the headers, and no copy of Bcc")
    func fromHeaders() throws {
        let message = try Self.prepare(
            "To: A <a@x.test>, b\r\nCc: c@x.test\r\nBcc: d@x.test\r\n\r\n",
            Self.submission([], flags: [.recipientsFromHeaders]))
        #expect(
            message.envelope.recipients.map(\.address.internalForm) == ["a@x.test", "b@example.test", "c@x.test", "d@x.test"])
        #expect(!String(decoding: message.headerBlock, as: UTF8.self).contains("Bcc"))
        #expect(throws: Refusal.noRecipients) {
            try Self.prepare("Subject: x\r\n\r\n", Self.submission([], flags: [.recipientsFromHeaders]))
        }
    }

    @Test("an address without a domain is completed, and what was written is kept")
    func original() throws {
        let message = try Self.prepare("\r\n", Self.submission(["root", "a@b.test"]))
        #expect(message.envelope.recipients.map(\.address.internalForm) == ["root@example.test", "a@b.test"])
        #expect(message.envelope.recipients.map(\.original?.internalForm) == ["root", nil])
    }

    @Test("the same recipient twice is one; the same by two ways is two, as in Postfix")
    func duplicates() throws {
        let settings = ["virtual_alias_maps": "inline:{ x@b.test=y@b.test }"]
        let message = try Self.prepare(
            "\r\n", Self.submission(["a@b.test", "A@B.test", "y@b.test", "x@b.test", "x@b.test"]), settings)
        #expect(message.envelope.recipients.map(\.address.internalForm) == ["a@b.test", "y@b.test", "y@b.test"])
        #expect(message.envelope.recipients.map(\.original?.internalForm) == [nil, nil, "x@b.test"])
    }

    @Test("always_bcc gets a copy without any report, but not of mail made inside")
    func alwaysBcc() throws {
        let settings = ["always_bcc": "archive@x.test"]
        let message = try Self.prepare("\r\n", Self.submission(["a@b.test"]), settings)
        #expect(message.envelope.recipients.map(\.address.internalForm) == ["a@b.test", "archive@x.test"])
        #expect(message.envelope.recipients[1].notify == [])
        let notice = try Self.prepare("\r\n", Self.submission(["a@b.test"], flags: .internalOrigin), settings)
        #expect(notice.envelope.recipients.count == 1)
    }

    @Test("aliases are not followed where receive_override_options says so")
    func noMappings() throws {
        let settings = ["virtual_alias_maps": "inline:{ x@b.test=y@b.test }"]
        let message = try Self.prepare("\r\n", Self.submission(["x@b.test"], flags: .noAddressMappings), settings)
        #expect(message.envelope.recipients.map(\.address.internalForm) == ["x@b.test"])
    }

    @Test("an alias table that fails, and aliases without end, are answered 451")
    func failures() throws {
        for table in ["hash:/nonexistent/table", "inline:{ {x@b.test=x@b.test, y1@b.test, y2@b.test} }"] {
            #expect(throws: Refusal.aliasExpansion) {
                try Self.prepare(
                    "\r\n", Self.submission(["x@b.test"]),
                    ["virtual_alias_maps": table, "virtual_alias_expansion_limit": "2"])
            }
        }
    }

    @Test("too many hops: 554, counting the line that is put in front")
    func hops() throws {
        let content = String(repeating: "Received: x\r\n", count: 49) + "\r\n"
        #expect(throws: Refusal.tooManyHops) {
            try Self.prepare(content, Self.submission(["a@b.test"], prepended: "Received: by us\r\n"))
        }
        #expect(throws: Never.self) { try Self.prepare(content, Self.submission(["a@b.test"])) }
    }

    @Test("a header section without measure is refused")
    func longSection() throws {
        let content = String(repeating: "X-Long: " + String(repeating: "y", count: 900) + "\r\n", count: 1300)
        #expect(throws: Refusal.longHeader) { try Self.prepare(content, Self.submission(["a@b.test"])) }
    }
}

@Suite("lines that begin with a dot")
struct DotLinesTests {
    @Test(
        "found wherever the content is cut",
        arguments: [("a\r\n.b\r\n", true), (".", true), ("a.b\r\nc.\r\n", false), ("", false), ("\n.", true), ("a\n", false)])
    func cuts(content: String, expected: Bool) {
        let bytes = Array(content.utf8)
        for first in 0...bytes.count {
            for second in first...bytes.count {
                var lines = DotLines()
                lines.look(at: Array(bytes[..<first]))
                lines.look(at: Array(bytes[first..<second]))
                lines.look(at: Array(bytes[second...]))
                #expect(lines.found == expected)
            }
        }
    }
}
