package import Platform

/// The users as whom the programs run when master was started by root: no two that face different strangers are the same, because
/// the kernel cannot tell equals apart (file modes, ptrace, the credentials of a socket's peer).
package struct SuiteAccounts: Equatable, Sendable {
    /// Owns the spool: cleanup, qmgr, bounce, pickup, showq and the rest.
    package var owner: UserAccount
    /// Faces those who send: smtpd.
    package var smtpd: UserAccount
    /// Faces those who receive: smtp. Its group may read messages.
    package var smtp: UserAccount

    package var all: [UserAccount] { [owner, smtpd, smtp] }

    package init(owner: UserAccount, smtpd: UserAccount, smtp: UserAccount) {
        self.owner = owner
        self.smtpd = smtpd
        self.smtp = smtp
    }

    /// - Throws: when an account is missing (naming the command that makes it), is root's, or is one of the others.
    package static func load(
        _ configuration: Configuration, find: (String) throws(SystemError) -> UserAccount? = UserAccount.named
    ) throws(ConfigurationError) -> SuiteAccounts {
        let parameters = [BaseParameters.mailOwner, BaseParameters.smtpdUser, BaseParameters.smtpUser]
        var found: [UserAccount] = []
        for parameter in parameters {
            let setting = configuration.settings[parameter.name]
            func failure(_ text: String) -> ConfigurationError {
                ConfigurationError("\(parameter.name): \(text)", file: setting?.file, line: setting?.line)
            }
            let name = try configuration.value(of: parameter)
            let account: UserAccount?
            do throws(SystemError) {
                account = try find(name)
            } catch {
                throw failure(error.description)
            }
            guard let account else {
                throw failure("there is no user \"\(name)\": make it (\(command(name))) or name another")
            }
            guard account.user != 0, account.group != 0 else {
                throw failure("\"\(name)\" is root or in root's group: an account of its own is needed")
            }
            for (other, parameter) in zip(found, parameters) {
                guard other.user != account.user else {
                    throw failure("\"\(name)\" is \(parameter.name), too: it must be another")
                }
                guard other.group != account.group else {
                    throw failure(
                        "\"\(name)\" has the group of \"\(other.name)\" (\(parameter.name)): it must have one of its own (make "
                            + "the user anew: \(command(name)))")
                }
            }
            found.append(account)
        }
        return SuiteAccounts(owner: found[0], smtpd: found[1], smtp: found[2])
    }

    private static func command(_ name: String) -> String {
        "useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin \(name)"
    }
}
