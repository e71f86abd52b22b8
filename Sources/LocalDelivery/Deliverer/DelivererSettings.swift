internal import Configuration
internal import Mail

/// What a deliverer is told on its command line by its parent.
struct DelivererSettings: Equatable, Sendable {
    var user: UInt32
    var group: UInt32
    /// `$myhostname`, for names in maildirs.
    var hostname: String
    var locking: MailboxLocking
    /// command_time_limit
    var commandTimeLimit: Duration

    var arguments: [String] {
        var locks: [String] = []
        if locking.fcntl { locks.append("fcntl") }
        if locking.flock { locks.append("flock") }
        if locking.dotlock { locks.append("dotlock") }
        return [
            "-u", String(user), "-g", String(group), "-h", hostname, "-l", locks.joined(separator: ","),
            "-a", String(locking.attempts), "-d", seconds(locking.delay), "-s", seconds(locking.staleTime),
            "-t", seconds(commandTimeLimit), "-o", locking.demandsOwnership ? "1" : "0",
        ]
    }

    /// nil when these are not the parent's words.
    init?(_ arguments: [String]) {
        var values: [String: String] = [:]
        var rest = arguments[...]
        while let option = rest.popFirst() {
            guard let value = rest.popFirst() else { return nil }
            values[option] = value
        }
        func duration(_ option: String) -> Duration? { values[option].flatMap { Int64($0) }.map { .seconds($0) } }
        guard let user = values["-u"].flatMap({ UInt32($0) }), let group = values["-g"].flatMap({ UInt32($0) }),
            let hostname = values["-h"], let locks = values["-l"],
            var locking = MailboxLocking(locks.split(separator: ",").map(String.init)),
            let attempts = values["-a"].flatMap({ Int($0) }), let delay = duration("-d"), let stale = duration("-s"),
            let limit = duration("-t")
        else { return nil }
        locking.attempts = attempts
        locking.delay = delay
        locking.staleTime = stale
        locking.demandsOwnership = values["-o"] != "0"
        self.init(user: user, group: group, hostname: hostname, locking: locking, commandTimeLimit: limit)
    }

    init(user: UInt32, group: UInt32, hostname: String, locking: MailboxLocking, commandTimeLimit: Duration) {
        self.user = user
        self.group = group
        self.hostname = hostname
        self.locking = locking
        self.commandTimeLimit = commandTimeLimit
    }
}

private func seconds(_ time: Duration) -> String { String(time.components.seconds) }
