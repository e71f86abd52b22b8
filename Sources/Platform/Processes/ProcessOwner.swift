internal import CPlatform
internal import Glibc

/// Which user this process is.
package enum ProcessOwner {
    package static var isRoot: Bool { geteuid() == 0 }
    package static var user: UInt32 { geteuid() }

    /// Becomes another user for good, for tools that root runs: files that they make must be the mail system's.
    package static func become(_ account: UserAccount) throws(SystemError) {
        let groups = try account.groups()
        guard unsafe setgroups(groups.count, groups) == 0 else { throw SystemError("setgroups", account.name, errno) }
        guard martlet_become_group(account.group) == 0 else { throw SystemError("setresgid", account.name, errno) }
        guard martlet_become_user(account.user) == 0 else { throw SystemError("setresuid", account.name, errno) }
        guard account.user == 0 || setuid(0) != 0 else { throw SystemError("setresuid", account.name, EPERM) }
    }
}
