internal import Glibc
internal import Platform

/// Makes renames into a directory durable, one sync serving all that happened before it began.
///
/// *Failure:* everybody whom the failed sync should have served gets the error; none of them is repeated.
final class DirectorySync: @unchecked Sendable {
    private let path: String
    private let monitor = Monitor()
    // All of these under `monitor`.
    private var asked: UInt64 = 0
    private var served: UInt64 = 0
    private var isRunning = false
    private var failures: [(through: UInt64, from: UInt64, error: SystemError)] = []

    init(path: String) { self.path = path }

    /// Returns when a sync that began after this call has ended.
    func sync() throws(SystemError) {
        let ticket = monitor.locked {
            asked += 1
            return asked
        }
        while true {
            let turn: (isMine: Bool, through: UInt64, error: SystemError?)? = monitor.locked {
                while served < ticket && isRunning { monitor.wait() }
                if served >= ticket { return (false, 0, failure(of: ticket)) }
                isRunning = true
                return (true, asked, nil)
            }
            guard let turn else { return }
            guard turn.isMine else {
                if let error = turn.error { throw error }
                return
            }
            perform(through: turn.through)
        }
    }

    private func perform(through: UInt64) {
        var failed: SystemError?
        do throws(SystemError) {
            let directory = try OpenFile(path, O_RDONLY | O_DIRECTORY)
            try directory.sync()
        } catch {
            failed = error
        }
        monitor.locked {
            if let failed {
                failures.append((through, served + 1, failed))
                if failures.count > 64 { failures.removeFirst() }
            }
            served = through
            isRunning = false
            monitor.signalAll()
        }
    }

    private func failure(of ticket: UInt64) -> SystemError? {
        failures.first { $0.from <= ticket && ticket <= $0.through }?.error
    }
}

/// The directories that this deliverer syncs, by path.
final class DirectorySyncs: @unchecked Sendable {
    private let monitor = Monitor()
    private var known: [String: DirectorySync] = [:]

    func of(_ path: String) -> DirectorySync {
        monitor.locked {
            if let sync = known[path] { return sync }
            // A user has few maildirs; whoever has many pays with separate syncs.
            if known.count >= 64 { known = [:] }
            let sync = DirectorySync(path: path)
            known[path] = sync
            return sync
        }
    }
}
