internal import CPlatform
internal import Glibc
internal import Platform

/// Words to systemd, sd_notify(3); nothing is sent where no service manager waits for them.
struct ServiceManager {
    private let socket: String?
    /// Half of WatchdogSec, nanoseconds.
    let watchdogPause: UInt64?

    init(environment: (String) -> String?, process: Int32 = getpid()) {
        socket = environment("NOTIFY_SOCKET")
        let isOurs = environment("WATCHDOG_PID").map { $0 == String(process) } ?? true
        let limit = environment("WATCHDOG_USEC").flatMap { UInt64($0) } ?? 0
        watchdogPause = isOurs && limit > 0 && limit < 1 << 40 ? limit * 500 : nil
    }

    func ready(_ status: String) { say("READY=1\nMAINPID=\(getpid())\nSTATUS=\(status)") }
    func reloading(at monotonic: UInt64) { say("RELOADING=1\nMONOTONIC_USEC=\(monotonic / 1000)") }
    func stopping() { say("STOPPING=1\nSTATUS=stopping") }
    func alive() { say("WATCHDOG=1") }

    /// Keeps a socket should this process die: the next one is given it (``inheritedSockets(environment:)``).
    func keep(_ descriptor: Int32, _ name: String) {
        guard let socket else { return }
        _ = unsafe martlet_notify_descriptor(socket, "FDSTORE=1\nFDNAME=\(name)", descriptor)
    }

    func forget(_ name: String) { say("FDSTOREREMOVE=1\nFDNAME=\(name)") }

    /// The sockets that the service manager kept when the last master died, sd_listen_fds(3).
    static func inheritedSockets(environment: (String) -> String?) -> [Int32] {
        defer { for name in ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] { unsafe unsetenv(name) } }
        guard environment("LISTEN_PID") == String(getpid()), let count = environment("LISTEN_FDS").flatMap({ Int32($0) }),
            (1...1024).contains(count)
        else { return [] }
        let descriptors = Array(3..<3 + count)
        for descriptor in descriptors { _ = martlet_keep_over_exec(descriptor, 0) }
        return descriptors
    }

    private func say(_ text: String) {
        guard let socket else { return }
        _ = unsafe martlet_notify(socket, text)
    }
}
