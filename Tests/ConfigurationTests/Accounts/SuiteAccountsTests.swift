import Platform
import Testing

@testable import Configuration

@Suite("the users as whom the programs run")
struct SuiteAccountsTests {
    private static let users: [String: UInt32] = [
        "martlet": 900, "martlet-smtpd": 901, "martlet-smtp": 902, "postfix": 102, "root": 0,
    ]

    private static func find(_ name: String) throws(SystemError) -> UserAccount? {
        func account(_ user: UInt32, _ group: UInt32) -> UserAccount {
            var account = UserAccount(unnamed: user, group: group)
            account.name = name
            return account
        }
        switch name {
        case "wheel": return account(950, 0)
        case "borrowed": return account(951, 900)
        case "unknowable": throw SystemError("getpwnam", name, 5)
        default: return users[name].map { account($0, $0) }
        }
    }

    private static func load(_ text: String) throws(ConfigurationError) -> SuiteAccounts {
        try SuiteAccounts.load(try Configuration.reading(text), find: find)
    }

    @Test("each has its own, and mail_owner may be Postfix's")
    func found() throws {
        let accounts = try Self.load("mail_owner = postfix\n")
        #expect([accounts.owner.user, accounts.smtpd.user, accounts.smtp.user] == [102, 901, 902])
    }

    @Test(
        "what would let one be taken for another stops the start, with what to do",
        arguments: [
            ("martlet_smtpd_user = nosuch\n", "martlet_smtpd_user: there is no user \"nosuch\": make it (useradd --system"),
            ("martlet_smtp_user = root\n", "martlet_smtp_user: \"root\" is root or in root's group"),
            ("mail_owner = wheel\n", "mail_owner: \"wheel\" is root or in root's group"),
            ("martlet_smtp_user = martlet-smtpd\n", "\"martlet-smtpd\" is martlet_smtpd_user, too"),
            ("martlet_smtp_user = borrowed\n", "\"borrowed\" has the group of \"martlet\" (mail_owner)"),
            ("mail_owner = unknowable\n", "mail_owner: getpwnam unknowable"),
        ])
    func refused(_ settings: String, _ sentence: String) {
        do throws(ConfigurationError) {
            _ = try Self.load(settings)
            Issue.record("accepted: \(settings)")
        } catch {
            #expect(error.description.contains(sentence), "\(error)")
        }
    }
}
