internal import Glibc

/// Standard output and standard error of a command.
package enum Output {
    /// - Throws: EX_IOERR when the reader has gone away or the disk is full.
    package static func write(_ text: String) throws(ExitError) {
        let bytes = Array(text.utf8)
        var done = 0
        while done < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { whole in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: whole[done...])
                return unsafe Glibc.write(1, rest.baseAddress, rest.count)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw ExitError(status: EX_IOERR, message: "output write error") }
            done += count
        }
    }

    package static func complain(_ text: String) {
        var line = text + "\n"
        line.withUTF8 { buffer in _ = unsafe Glibc.write(2, buffer.baseAddress, buffer.count) }
    }
}
