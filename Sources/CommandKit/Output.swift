internal import Glibc

/// Standard output and standard error of a command.
package enum Output {
    /// - Throws: EX_IOERR when the reader has gone away or the disk is full.
    package static func write(_ text: String) throws(ExitError) { try write(Array(text.utf8)) }

    package static func write(_ bytes: [UInt8]) throws(ExitError) {
        var done = 0
        while done < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { whole in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: whole[done...])
                return unsafe Glibc.write(1, rest.baseAddress, rest.count)
            }
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EPIPE {
                // The reader has seen enough: `mailq | head`.
                Glibc.exit(EX_OK)
            }
            guard count > 0 else { throw ExitError(status: EX_IOERR, message: "output write error") }
            done += count
        }
    }

    /// With the program's name in front.
    package static func warn(_ text: String) {
        let name = CommandLine.arguments.first?.split(separator: "/").last.map(String.init) ?? "martlet"
        complain("\(name): warning: \(text)")
    }

    package static func complain(_ text: String) {
        var line = text + "\n"
        line.withUTF8 { buffer in _ = unsafe Glibc.write(2, buffer.baseAddress, buffer.count) }
    }
}
