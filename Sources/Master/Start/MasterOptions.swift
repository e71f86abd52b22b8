internal import Configuration
internal import Glibc

/// master's command line, as in Postfix's master(8).
///
///     master [-c DIR]        in the foreground; -d, -s, -i and -D mean the same
///     master [-c DIR] -w     detaches; the starter exits 0 once mail is served, else 1 with the reason on standard error
///     master [-c DIR] -t     exits 0 when no master holds the lock of this instance, 1 when one does
///
/// While it runs: SIGTERM (SIGINT) stops gracefully, SIGHUP reads the configuration anew, SIGUSR2 executes the installed programs
/// in the place of the running ones; `pid/control` does the latter two with an answer. `pid/master.pid` under queue_directory
/// holds the process number and is locked (flock) as long as it lives. Under systemd it notifies READY, RELOADING, STOPPING.
struct MasterOptions: Equatable {
    enum Mode: Equatable {
        case foreground
        case detached
        case testLock
        /// Asked by the running master before an upgrade (``SuccessorCheck``).
        case judgeHandOver
    }

    var directory: String?
    var mode: Mode = .foreground

    init(_ words: [String]) throws(MasterFailure) {
        var rest = words[...]
        while let word = rest.popFirst() {
            switch word {
            case "-c":
                guard let value = rest.popFirst() else { throw Self.usage }
                directory = value
            case "-w": mode = .detached
            case "-t": mode = .testLock
            case SuccessorCheck.option: mode = .judgeHandOver
            case "-d", "-s", "-i", "-D", "-v", "-vv": break
            case "-e":
                // Postfix's limit for its own tests; there is nothing that would end by itself.
                guard rest.popFirst() != nil else { throw Self.usage }
            default: throw Self.usage
            }
        }
    }

    private static let usage = MasterFailure("usage: master [-c config_dir] [-d | -s | -w | -t]", exitStatus: EX_USAGE)

    /// Absolute, because master works in queue_directory.
    func absoluteDirectory(environment: String?, current: String) -> String {
        let directory = directory ?? environment ?? BaseParameters.configDirectory.defaultText
        return directory.hasPrefix("/") ? directory : current + "/" + directory
    }
}

/// Why master does not start, or cannot go on; said to the log and to whoever started it.
struct MasterFailure: Error, Equatable, CustomStringConvertible {
    var message: String
    var exitStatus: Int32
    /// Somebody else listens there.
    var isAddressInUse: Bool
    init(_ message: String, exitStatus: Int32 = 1, isAddressInUse: Bool = false) {
        self.message = message
        self.exitStatus = exitStatus
        self.isAddressInUse = isAddressInUse
    }
    var description: String { message }
}
