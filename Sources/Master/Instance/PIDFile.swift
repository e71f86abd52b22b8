internal import CPlatform
internal import Glibc
internal import Platform

/// `pid/master.pid`: the process number as text, locked as long as master lives.
struct PIDFile {
    /// Kept open for its lock.
    let descriptor: Int32

    /// - Throws: when another master runs on this spool.
    static func take(_ path: String) throws(MasterFailure) -> PIDFile {
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else { throw MasterFailure(SystemError("open", path, errno).description) }
        _ = fchmod(descriptor, 0o644)
        // Whoever asks whether master runs (martlet status) holds the lock for an instant.
        for attempt in 0... {
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { break }
            guard attempt < 20 else {
                let process = contents(descriptor)
                close(descriptor)
                throw MasterFailure("the mail system is already running: process \(process) holds \(path)")
            }
            usleep(10_000)
        }
        let text = Array("\(getpid())\n".utf8)
        let written = unsafe text.withUnsafeBytes { unsafe pwrite(descriptor, $0.baseAddress, $0.count, 0) }
        guard ftruncate(descriptor, off_t(text.count)) == 0, written == text.count else {
            throw MasterFailure(SystemError("write", path, errno).description)
        }
        return PIDFile(descriptor: descriptor)
    }

    /// The lock of the master before this one in the same process.
    static func adopt(_ descriptor: Int32, path: String) throws(MasterFailure) -> PIDFile {
        guard descriptor >= 0, unsafe martlet_is_file_of(descriptor, path) == 1, flock(descriptor, LOCK_EX | LOCK_NB) == 0
        else {
            if descriptor >= 0 { close(descriptor) }
            return try take(path)
        }
        return PIDFile(descriptor: descriptor)
    }

    static func isLocked(_ path: String) throws(MasterFailure) -> Bool {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else {
            if errno == ENOENT { return false }
            throw MasterFailure(SystemError("open", path, errno).description)
        }
        defer { close(descriptor) }
        return flock(descriptor, LOCK_SH | LOCK_NB) != 0
    }

    private static func contents(_ descriptor: Int32) -> String {
        var buffer = [UInt8](repeating: 0, count: 32)
        let count = unsafe buffer.withUnsafeMutableBytes { unsafe pread(descriptor, $0.baseAddress, $0.count, 0) }
        let digits = buffer.prefix(max(0, count)).filter { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
        return digits.isEmpty ? "?" : String(decoding: digits, as: UTF8.self)
    }
}
