internal import CPlatform
internal import Glibc
internal import Platform

/// A file of a user, open in this deliverer. Closed at the latest when the value goes.
struct OpenFile: ~Copyable {
    let path: String
    private(set) var descriptor: Int32

    /// `O_CLOEXEC` is always set.
    init(_ path: String, _ flags: Int32, permissions: mode_t = 0o600) throws(SystemError) {
        self.path = path
        descriptor = repeating { unsafe open(path, flags | O_CLOEXEC, permissions) }
        guard descriptor >= 0 else { throw SystemError("open", path, errno) }
    }

    deinit { if descriptor >= 0 { Glibc.close(descriptor) } }

    func status() throws(SystemError) -> stat {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw SystemError("stat", path, errno) }
        return status
    }

    /// Writes all parts, in one call where the system takes them.
    func write(_ parts: [[UInt8]]) throws(SystemError) {
        if parts.count == 2 {
            try write(parts[0], parts[1])
        } else {
            for part in parts { try write(part, []) }
        }
    }

    private func write(_ first: [UInt8], _ second: [UInt8]) throws(SystemError) {
        let total = first.count + second.count
        var done = 0
        while done < total {
            let count = unsafe first.withUnsafeBytes { firstBytes in
                unsafe second.withUnsafeBytes { secondBytes in
                    let restOfFirst = unsafe UnsafeRawBufferPointer(rebasing: firstBytes[min(done, first.count)...])
                    let restOfSecond = unsafe UnsafeRawBufferPointer(rebasing: secondBytes[max(0, done - first.count)...])
                    var vectors = unsafe [
                        iovec(iov_base: UnsafeMutableRawPointer(mutating: restOfFirst.baseAddress), iov_len: restOfFirst.count),
                        iovec(
                            iov_base: UnsafeMutableRawPointer(mutating: restOfSecond.baseAddress), iov_len: restOfSecond.count),
                    ]
                    return repeating { unsafe writev(descriptor, &vectors, 2) }
                }
            }
            guard count >= 0 else { throw SystemError("write", path, errno) }
            guard count > 0 else { throw SystemError("write", path, ENOSPC) }
            done += count
        }
    }

    /// Lets the disk begin with what was written; a hint for a ``sync()`` that comes later.
    func beginWriting() { martlet_begin_writing(descriptor) }

    func sync() throws(SystemError) {
        guard fsync(descriptor) == 0 else { throw SystemError("fsync", path, errno) }
    }

    /// Some file systems say only now that a write has failed.
    mutating func close() throws(SystemError) {
        let code = Glibc.close(descriptor)
        descriptor = -1
        guard code == 0 || errno == EINTR else { throw SystemError("close", path, errno) }
    }
}

/// Repeats a call that a signal interrupted.
func repeating<T: BinaryInteger>(_ call: () -> T) -> T {
    while true {
        let result = call()
        if result != -1 || errno != EINTR { return result }
    }
}
