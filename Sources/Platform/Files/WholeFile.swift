internal import Glibc

/// Reads files of configuration whole: unlike files of the spool they may be symbolic links, and pipes.
package enum WholeFile {
    /// Larger than any table that is read as text.
    package static let limit = 256 << 20

    package static func read(_ path: String, limit: Int = limit) throws(SystemError) -> [UInt8] {
        let descriptor = retrying { unsafe open(path, O_RDONLY | O_CLOEXEC) }
        guard descriptor >= 0 else { throw SystemError("open", path, errno) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let got = unsafe piece.withUnsafeMutableBytes { buffer in
                retrying { unsafe Glibc.read(descriptor, buffer.baseAddress, buffer.count) }
            }
            guard got >= 0 else { throw SystemError("read", path, errno) }
            if got == 0 { return bytes }
            guard bytes.count + got <= limit else { throw SystemError("read", path, EFBIG) }
            bytes.append(contentsOf: piece[..<got])
        }
    }
}
