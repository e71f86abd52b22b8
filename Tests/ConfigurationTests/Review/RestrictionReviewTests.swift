import Testing

@testable import Configuration

@Suite("what lists of restrictions come to")
struct RestrictionReviewTests {
    private static let smtpd = ServiceEntry(name: "smtp", kind: .inet, program: "smtpd")

    private func messages(_ text: String) throws -> [String] {
        RestrictionReview(try .reading(text), services: [Self.smtpd]).findings.map(\.message)
    }

    @Test(
        "an open relay is found",
        arguments: [
            "smtpd_relay_restrictions =\nsmtpd_recipient_restrictions = permit\n",
            "smtpd_relay_restrictions = permit, reject_unauth_destination\n",
            "mynetworks = 0.0.0.0/0\n", "mynetworks = 127.0.0.0/8 [::]/0\n",
        ])
    func openRelay(_ text: String) throws {
        #expect(try messages(text).contains { $0.contains("relay mail through this host") })
    }

    @Test(
        "what refuses strangers is none",
        arguments: [
            "", "smtpd_relay_restrictions =\nsmtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination\n",
            "smtpd_relay_restrictions = permit_mynetworks, reject\n", "mynetworks = 10.0.0.0/8 [fe80::]/64\n",
        ])
    func closed(_ text: String) throws { #expect(try messages(text).isEmpty) }

    @Test("what is behind permit, reject or defer is never looked at")
    func unreachable() throws {
        let said = try messages("smtpd_sender_restrictions = reject, permit_mynetworks\n")
        #expect(
            said == [
                "smtpd_sender_restrictions: nothing behind \"reject\" is looked at: permit_mynetworks; "
                    + "move it to the front or remove it"
            ])
    }
}

@Suite("files with several mistakes")
struct SyntaxReviewTests {
    @Test("every line that cannot be read is said, and the others count")
    func everything() {
        let text = "a = 1\nb\n= c\nd = 2\n"
        let (settings, mistakes) = MainFile.collect(Array(text.utf8), file: "main.cf")
        #expect(settings.mapValues(\.text) == ["a": "1", "d": "2"])
        #expect(mistakes.map(\.line) == [2, 3])
        let master = "x unix - - n - - smtp\ny unix\nz what - - n - - smtp\n"
        let (file, wrong) = MasterFile.collect(Array(master.utf8), file: "master.cf")
        #expect(file.services.map(\.name) == ["x"])
        #expect(wrong.map(\.line) == [2, 3])
    }

    @Test("a value that its program would not take is said")
    func values() throws {
        let review = ConfigurationReview(
            implemented: ["x", "y", "z"], typeNames: ["x": "boolean", "y": "time", "z": "integer"])
        let configuration = try Configuration.reading("x = maybe\ny = 5m\nz = ${x?7}\n")
        #expect(review.invalidValues(configuration, services: []).map(\.line) == [1])
    }
}
