import Testing

@testable import LocalDelivery

struct FromQuotingTests {
    @Test(
        "lines that would begin a message are quoted, at any split",
        arguments: [
            ("From me\n", ">From me\n\n"), ("a\nFrom b\nc\n", "a\n>From b\nc\n\n"), ("From", "From\n\n"),
            ("Fro\nFrom", "Fro\nFrom\n\n"),
            (">From x\n", ">From x\n\n"), ("From: x\n\nFrom \n", "From: x\n\n>From \n\n"), ("", "\n"), ("a", "a\n\n"),
            ("FFrom x\nF\n", "FFrom x\nF\n\n"), ("\n\nFrom x", "\n\n>From x\n\n"),
        ])
    func quote(_ input: String, _ expected: String) {
        let bytes = Array(input.utf8)
        for split in 0...bytes.count {
            var quoting = FromQuoting()
            var output: [UInt8] = []
            quoting.append(Array(bytes[..<split]), to: &output)
            quoting.append(Array(bytes[split...]), to: &output)
            quoting.finish(into: &output)
            #expect(String(decoding: output, as: UTF8.self) == expected, "split at \(split)")
        }
    }

    @Test("a deliverer reads on its command line what its parent wrote there")
    func arguments() throws {
        var locking = try #require(MailboxLocking(["fcntl", "dotlock"]))
        locking.attempts = 3
        locking.demandsOwnership = false
        let settings = DelivererSettings(
            user: 7, group: 8, hostname: "h", locking: locking, commandTimeLimit: .seconds(9))
        #expect(DelivererSettings(settings.arguments) == settings)
        #expect(DelivererSettings(["-u", "7"]) == nil)
        #expect(MailboxLocking(["fcntl", "posix"]) == nil)
    }
}
