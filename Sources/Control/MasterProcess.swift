internal import CommandKit
internal import Glibc

/// The master of an instance, as seen from outside: `pid/master.pid` holds its number, and its lock tells whether it lives.
struct MasterProcess {
    private let instance: Instance
    private let path: String

    init(_ instance: Instance) {
        self.instance = instance
        path = instance.queueDirectory + "/pid/master.pid"
    }

    /// The process number, nil when no master runs (also when its file was left behind).
    func runningProcess() throws(ExitError) -> Int32? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw ExitError(status: EX_NOPERM, message: "\(path): \(unsafe String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        if flock(descriptor, LOCK_SH | LOCK_NB) == 0 { return nil }
        var buffer = [UInt8](repeating: 0, count: 32)
        let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
        let digits = buffer.prefix(max(0, count)).filter { $0 >= 0x30 && $0 <= 0x39 }
        guard let number = Int32(String(decoding: digits, as: UTF8.self)), number > 1 else {
            throw ExitError(status: EX_UNAVAILABLE, message: "\(path) is locked but holds no process number")
        }
        return number
    }

    /// - Throws: exit status 1 when no master runs.
    @discardableResult
    func demandRunning() throws(ExitError) -> Int32 {
        guard let process = try runningProcess() else {
            throw ExitError(status: 1, message: "the mail system is not running")
        }
        return process
    }

    /// Runs `master` with these options in front of the configuration directory, and gives its exit status.
    func run(_ options: [String]) throws(ExitError) -> Int32 {
        let program = instance.daemonDirectory + "/master"
        guard unsafe access(program, X_OK) == 0 else {
            throw ExitError(
                status: EX_CONFIG,
                message: "\(program): \(unsafe String(cString: strerror(errno))): daemon_directory in main.cf names its folder")
        }
        var process: pid_t = 0
        let words = [program] + options + ["-c", instance.directory]
        var arguments = unsafe words.map { unsafe strdup($0) }
        unsafe arguments.append(nil)
        defer { unsafe arguments.forEach { unsafe free($0) } }
        let code = unsafe posix_spawn(&process, program, nil, nil, arguments, environ)
        guard code == 0 else {
            throw ExitError(status: EX_OSERR, message: "\(program): \(unsafe String(cString: strerror(code)))")
        }
        var status: Int32 = 0
        while unsafe waitpid(process, &status, 0) < 0 {
            guard errno == EINTR else { throw ExitError(status: EX_OSERR, message: "waiting for \(program)") }
        }
        return status & 0x7f == 0 ? status >> 8 & 0xff : EX_SOFTWARE
    }

    /// Becomes `master` in the foreground (systemd, containers).
    func become(_ options: [String]) throws(ExitError) -> Never {
        let program = instance.daemonDirectory + "/master"
        var arguments = unsafe ([program] + options + ["-c", instance.directory]).map { unsafe strdup($0) }
        unsafe arguments.append(nil)
        _ = unsafe execv(program, arguments)
        throw ExitError(status: EX_OSERR, message: "\(program): \(unsafe String(cString: strerror(errno)))")
    }

    func signal(_ number: Int32, to process: Int32) throws(ExitError) {
        guard kill(process, number) == 0 else {
            let status = errno == EPERM ? EX_NOPERM : EX_OSERR
            throw ExitError(status: status, message: "process \(process): \(unsafe String(cString: strerror(errno)))")
        }
    }

    /// Polls until no master holds the lock; false after the limit.
    func waitForEnd(seconds: Int) throws(ExitError) -> Bool {
        for _ in 0..<seconds * 50 {
            if try runningProcess() == nil { return true }
            usleep(20_000)
        }
        return false
    }
}
