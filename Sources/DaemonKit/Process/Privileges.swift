internal import CPlatform
internal import Configuration
internal import Glibc
internal import Platform

extension RoleRights {
    /// Gives up for good what is not in the row. Tables, keys, log and sockets are open by now; after this come the event loop and
    /// its threads.
    ///
    /// *Failure:* throws, and the daemon does not start: there is no running with more rights than meant. Only what the kernel does
    /// not have (Landlock, seccomp) is left out; master has said so in the log.
    func giveUpTheRest(_ startup: Startup) throws(StartupError) {
        // 1. What libraries would read or load later: time zone, modules of the name service.
        martlet_load_time_zone()
        if files.contains(.nameService) { martlet_load_name_service() }

        // 2. One thread: what follows belongs to threads, and one that we forget would keep everything.
        let threads = try attempt { () throws(SystemError) in try POSIXFileSystem().list("/proc/self/task").count }
        guard threads == 1 else { throw StartupError("panic: \(threads) threads exist before privileges are given up") }

        // 3. Groups, group, user; then try to come back, which must fail. The bounding set goes first: afterwards nobody may.
        if let accounts = startup.accounts {
            if confinement == .whole { try demand(martlet_empty_bounding_set(), "PR_CAPBSET_DROP") }
            let groups = try supplementaryGroups(accounts)
            guard unsafe setgroups(groups.count, groups) == 0 else { throw failure("setgroups", "\(groups)") }
            if let user = accounts[user], let group = accounts[group] {
                try demand(martlet_become_group(group.group), "setresgid")
                try demand(martlet_become_user(user.user), "setresuid")
                guard setuid(0) != 0, setgid(0) != 0 else { throw StartupError("panic: root's rights came back") }
                try demandNoCapabilities()
            } else {
                try demand(martlet_keep_capabilities(MARTLET_CAP_DAC_READ_SEARCH), "capset")
            }
        }

        // 4. No process of the same user may read our memory.
        try demand(martlet_become_undumpable(), "PR_SET_DUMPABLE")

        // 5. Nothing that is executed from here on gains rights; files; system calls.
        guard confinement == .whole else { return }
        try demand(martlet_no_new_privileges(), "PR_SET_NO_NEW_PRIVS")
        let layers = try startup.value(of: BaseParameters.sandbox)
        if layers.contains(.landlock) { try confineFiles(startup) }
        if layers.contains(.seccomp), martlet_has_seccomp() == 1 {
            let kills = try startup.value(of: BaseParameters.sandboxViolation) == .kill
            try demand(martlet_confine_calls(calls, kills ? 1 : 0), "seccomp")
        }
    }

    /// The account's own groups (an administrator's `usermod -aG opendkim martlet-smtpd`) and those of the row; never root's, and
    /// the one that may read messages only where the row says so.
    private func supplementaryGroups(_ accounts: SuiteAccounts) throws(StartupError) -> [UInt32] {
        var groups: Set<UInt32> = []
        if let account = accounts[user] {
            groups = Set(try attempt { () throws(SystemError) in try account.groups() })
        }
        groups.subtract([0, accounts.smtp.group])
        for member in [group] + alsoIn {
            if let account = accounts[member] { groups.insert(account.group) }
        }
        return groups.sorted()
    }

    private func demandNoCapabilities() throws(StartupError) {
        var effective: UInt64 = 0
        try unsafe demand(martlet_capabilities(&effective), "capget")
        guard effective == 0 else { throw StartupError("panic: capabilities \(effective) are left") }
    }
}

extension SuiteAccounts {
    /// nil for root.
    fileprivate subscript(_ account: RoleRights.Account) -> UserAccount? {
        switch account {
        case .owner: owner
        case .smtpd: smtpd
        case .smtp: smtp
        case .root: nil
        }
    }
}

/// - Parameter result: of a call that returns -1 and sets errno on failure.
func demand(_ result: Int32, _ call: String) throws(StartupError) {
    guard result >= 0 else { throw failure("give up privileges:", call) }
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
