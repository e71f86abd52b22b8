internal import CPlatform
internal import Glibc
internal import Platform

/// What a role needs of the machine after start-up; the skeleton gives up the rest.
package enum PrivilegeProfile: Sendable {
    /// smtpd, smtp: sockets to strangers.
    case networkFacing
    /// cleanup, qmgr, bounce, showq, pickup: files of the spool as mail_owner.
    case spool
    /// local, virtual, pipe: stays root to start deliverers, parses no content.
    case deliveryParent
    /// error, discard: nothing.
    case nothing
}

extension PrivilegeProfile {
    /// Gives up for good what the role does not need. Everything privileged (tables, keys, log, sockets) is open by now.
    ///
    /// *Failure:* throws, and the daemon does not start: there is no running with more rights than meant.
    func giveUpTheRest(owner: String) throws(StartupError) {
        // 1. One thread: the kernel's credentials belong to threads, and one that we forget would keep root's.
        let threads = try attempt { () throws(SystemError) in try POSIXFileSystem().list("/proc/self/task").count }
        guard threads == 1 else { throw StartupError("panic: \(threads) threads exist before privileges are given up") }

        // 2. Groups, group, user; then try to come back, which must fail.
        if geteuid() == 0, self != .deliveryParent {
            guard let account = try attempt({ () throws(SystemError) in try UserAccount.named(owner) }) else {
                throw StartupError("mail_owner: there is no user \"\(owner)\"")
            }
            guard account.user != 0, account.group != 0 else {
                throw StartupError("mail_owner: \"\(owner)\" is root or in root's group; an account of its own is needed")
            }
            let groups = try attempt { () throws(SystemError) in try account.groups() }
            guard unsafe setgroups(groups.count, groups) == 0 else { throw failure("setgroups", owner) }
            guard martlet_become_group(account.group) == 0 else { throw failure("setresgid", owner) }
            guard martlet_become_user(account.user) == 0 else { throw failure("setresuid", owner) }
            guard setuid(0) != 0, setgid(0) != 0 else { throw StartupError("panic: root's rights came back") }

            // 3. No process of the same user may read our memory.
            guard martlet_become_undumpable() == 0 else { throw failure("prctl", "PR_SET_DUMPABLE") }
        }

        // 4. Nothing that is executed from here on gains rights. Deliverers run commands that may be set-id.
        if self != .deliveryParent {
            guard martlet_no_new_privileges() == 0 else { throw failure("prctl", "PR_SET_NO_NEW_PRIVS") }
        }
    }
}

private func failure(_ call: String, _ what: String) -> StartupError {
    StartupError(SystemError(call, what, errno).description)
}

private func attempt<T>(_ body: () throws(SystemError) -> T) throws(StartupError) -> T {
    do throws(SystemError) {
        return try body()
    } catch {
        throw StartupError(error.description)
    }
}
