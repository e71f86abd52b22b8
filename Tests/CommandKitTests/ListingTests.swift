import MessageFormat
import Testing

@testable import CommandKit

@Suite("queue listings")
struct ListingTests {
    static func entry(_ queue: String, reason: String) throws -> QueueEntry {
        try #require(
            QueueEntry(attributes: [
                ("queue_name", queue), ("queue_id", "4XyZabcdef1z"), ("time", "1700000000"), ("size", "4321"),
                ("forced_expire", "0"), ("sender", "s@example.test"), ("original_recipient", ""), ("recipient", "r@x.test"),
                ("log_class", ""), ("reason", reason), ("original_recipient", ""), ("recipient", "t@x.test"),
                ("log_class", ""), ("reason", reason),
            ]))
    }

    @Test("mailq, to the column of Postfix's postqueue -p with long queue IDs")
    func mailq() throws {
        var format = MailqFormat { _ in .utc }
        let text = format.text(try Self.entry("deferred", reason: "connect to x[192.0.2.1]:25: Connection refused"))
        #expect(
            text == """
                ----Queue ID----- --Size-- ---Arrival Time---- --Sender/Recipient------
                4XyZabcdef1z          4321 Tue Nov 14 22:13:20 s@example.test
                                              (connect to x[192.0.2.1]:25: Connection refused)
                                                               r@x.test
                                                               t@x.test

                """)
        #expect(format.text(try Self.entry("active", reason: "")).hasPrefix("\n4XyZabcdef1z*     "))
        #expect(format.ending == "\n-- 8 Kbytes in 2 Requests.\n")
        #expect(MailqFormat().ending == "Mail queue is empty\n")
    }

    @Test("JSON is escaped")
    func json() throws {
        var entry = try Self.entry("deferred", reason: "said: \"no\"\n\u{1}\\")
        entry.recipients.removeLast()
        #expect(
            JSONFormat.line(entry)
                == #"{"queue_name": "deferred", "queue_id": "4XyZabcdef1z", "arrival_time": 1700000000, "message_size": 4321, "#
                + #""forced_expire": false, "sender": "s@example.test", "recipients": [{"address": "r@x.test", "#
                + #""delay_reason": "said: \"no\"\n\u0001\\"}]}"# + "\n")
    }

    @Test("an answer that lacks something is no entry")
    func malformed() {
        #expect(QueueEntry(attributes: [("queue_name", "deferred")]) == nil)
        #expect(QueueEntry(attributes: [("recipient", "x")]) == nil)
        #expect(
            QueueEntry(attributes: [("queue_name", "a"), ("queue_id", "b"), ("time", "x"), ("size", "1"), ("sender", "")])
                == nil)
    }
}
