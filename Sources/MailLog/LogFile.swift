internal import Glibc

/// The file of maillog_file, open for appending, or standard output.
struct LogFile: Sendable {
    let descriptor: Int32

    /// - Throws: names the file and what the kernel said.
    static func open(_ path: String) throws(LogError) -> LogFile {
        // A service manager may have connected standard output to a socket, which cannot be opened by name.
        let descriptor =
            path == "/dev/stdout"
            ? fcntl(1, F_DUPFD_CLOEXEC, 3)
            : unsafe Glibc.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0o600)
        guard descriptor >= 0 else {
            throw LogError(description: "maillog_file: open \(path): \(unsafe String(cString: strerror(errno)))")
        }
        return LogFile(descriptor: descriptor)
    }

    /// One call, so that lines of different programs do not mix.
    func append(_ line: [UInt8]) -> Bool {
        while true {
            let count = unsafe line.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
            if count == line.count { return true }
            if count >= 0 || errno != EINTR { return false }
        }
    }
}
