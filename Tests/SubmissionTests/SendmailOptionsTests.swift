import Mail
import Testing

@testable import Submission

@Suite("the options of sendmail")
struct SendmailOptionsTests {
    @Test("callers that exist: cron, mutt, git send-email, PHP")
    func callers() throws {
        let cron = try SendmailOptions(name: "sendmail", arguments: ["-FCronDaemon", "-i", "-B8BITMIME", "-oem", "root"])
        #expect(cron.fullName == "CronDaemon" && cron.ignoresDots && cron.body == .eightBitMIME && cron.recipients == ["root"])
        let mutt = try SendmailOptions(name: "sendmail", arguments: ["-oem", "-oi", "-f", "a@b", "--", "-x@y", "z"])
        #expect(mutt.ignoresDots && mutt.sender == "a@b" && mutt.recipients == ["-x@y", "z"])
        let php = try SendmailOptions(name: "sendmail", arguments: ["-t", "-i"])
        #expect(php.recipientsFromHeaders && php.ignoresDots && php.recipients.isEmpty)
    }

    @Test(
        "modes",
        arguments: [
            (["-bp"], .listQueue), (["-bi"], .makeAliases), (["-I"], .makeAliases), (["-bs"], .dialogue), (["-q"], .flush),
            (["-qRexample.test"], .flushSite("example.test")), (["-qIabc"], .flushMessage("abc")), (["-bh"], .nothing),
            (["-bm", "x"], .submit), (["-bd"], .daemon), (["-bv", "x"], .verify),
        ] as [([String], SendmailOptions.Mode)])
    func modes(_ arguments: [String], _ mode: SendmailOptions.Mode) throws {
        #expect(try SendmailOptions(name: "sendmail", arguments: arguments).mode == mode)
    }

    @Test("names are modes")
    func names() throws {
        #expect(try SendmailOptions(name: "mailq", arguments: []).mode == .listQueue)
        #expect(try SendmailOptions(name: "newaliases", arguments: []).mode == .makeAliases)
    }

    @Test("bad usage", arguments: [["-n"], ["-j"], ["-f"], ["-B9BIT"], ["-Nsometimes"], ["-Rall"], ["-bz"], ["-Nnever,delay"]])
    func usage(_ arguments: [String]) {
        #expect(throws: SendmailOptions.UsageError.self) { try SendmailOptions(name: "sendmail", arguments: arguments) }
    }
}
