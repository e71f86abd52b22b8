internal import CPlatform
internal import Glibc

/// Runs a short program of the suite and takes what it prints.
package enum ProgramOutput {
    /// Far more than any such program prints.
    private static let limit = 4 << 20

    /// - Returns: its standard output; standard error is this program's.
    /// - Throws: when it cannot be started, or does not end with status 0 (code EIO).
    package static func run(_ path: String, _ arguments: [String]) throws(SystemError) -> [UInt8] {
        var ends: [Int32] = [-1, -1]
        guard unsafe martlet_pipe(&ends) == 0 else { throw SystemError("pipe", path, errno) }
        defer { close(ends[0]) }
        var words = unsafe ([path] + arguments).map { unsafe strdup($0) } + [nil]
        defer { unsafe words.forEach { unsafe free($0) } }
        var environment: [UnsafeMutablePointer<CChar>?] = unsafe [nil]
        let standard = [Int32(-1), ends[1], -1]
        var child: pid_t = 0
        let started = unsafe martlet_spawn_program(path, &words, &environment, standard, -1, 0, nil, &child)
        let startFailure = errno
        close(ends[1])
        guard started == 0 else { throw SystemError("start", path, startFailure) }
        var output: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 64 << 10)
        while output.count < limit {
            let got = unsafe piece.withUnsafeMutableBytes { buffer in
                retrying { unsafe read(ends[0], buffer.baseAddress, buffer.count) }
            }
            guard got > 0 else { break }
            output.append(contentsOf: piece[..<got])
        }
        var status: Int32 = 0
        let waited = retrying { unsafe waitpid(child, &status, 0) }
        guard waited == child, status == 0 else { throw SystemError("run", path, EIO) }
        return output
    }
}
