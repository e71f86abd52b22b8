import Testing

@testable import Mail

@Suite("addresses and queue IDs")
struct AddressTests {
    @Test(
        "external form quotes what the grammar of Dot-string does not allow",
        arguments: [
            ("user@example.test", "user@example.test"), ("a b@x", "\"a b\"@x"), ("a..b@x", "\"a..b\"@x"), ("", ""),
            ("a\"b@x", "\"a\\\"b\"@x"), ("a@b@x", "\"a@b\"@x"), ("jörg@x", "jörg@x"), (".a@x", "\".a\"@x"), ("user", "user"),
        ])
    func external(_ text: String, _ expected: String) {
        let address = EmailAddress(internal: text)
        #expect((address.isEmpty ? "" : address.externalForm) == expected)
        #expect(address.internalForm == text)
    }

    @Test(
        "enhanced status codes",
        arguments: [
            ("5.1.1", true), ("2.0.0", true), ("4.999.999", true), ("3.1.1", false), ("5.1", false), ("5.1.1.1", false),
            ("5..1", false), ("5.1.x", false), ("5.1000.1", false), ("", false), ("55.1.1", false),
        ])
    func status(_ text: String, _ valid: Bool) {
        #expect((EnhancedStatus(text)?.description == text) == valid)
    }

    @Test("queue IDs are in Postfix's long form and order by time")
    func queueIDs() {
        let early = QueueID(microseconds: 1_700_000_000_000_001, unique: 5)
        let late = QueueID(microseconds: 1_700_000_000_000_002, unique: 4)
        #expect(early.description < late.description)
        #expect(early.description.utf8.count == 12)
        #expect(QueueID("abc/../") == nil)
        #expect(QueueID("") == nil)
        #expect(QueueID(early.description) == early)
    }
}
