internal import CommandKit
internal import Glibc
internal import Platform

/// Runs a command and waits for it.
enum ChildProcess {
    /// - Parameter program: looked for in PATH when it has no slash.
    /// - Parameter environment: set before it starts.
    /// - Returns: its exit status; 128 + the signal's number when one ended it.
    /// - Throws: with status 1, when it cannot be started.
    static func run(
        _ program: String, _ words: [String], environment: [(String, String)] = []
    ) throws(ExitError) -> Int32 {
        for (name, value) in environment { unsafe setenv(name, value, 1) }
        var arguments = unsafe words.map { unsafe strdup($0) }
        unsafe arguments.append(nil)
        defer { unsafe arguments.forEach { unsafe free($0) } }
        var child: pid_t = 0
        let code = unsafe posix_spawnp(&child, program, nil, nil, arguments, environ)
        guard code == 0 else { throw ExitError(status: 1, message: "execvp \(program): \(errorText(code))") }
        var status: Int32 = 0
        while unsafe waitpid(child, &status, 0) < 0 {
            guard errno == EINTR else { throw ExitError(status: 1, message: "waitpid: \(errorText(errno))") }
        }
        return status & 0x7f == 0 ? status >> 8 & 0xff : 128 + status & 0x7f
    }
}
