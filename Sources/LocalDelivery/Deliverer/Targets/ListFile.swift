internal import Glibc
internal import Platform

/// A file of addresses that a user controls: `.forward`, `:include:`.
///
/// *Failure:* one that may not be trusted or read is as good as none, with a reason; what may be better later is thrown.
enum ListFile {
    /// Bytes. A longer file is a mistake.
    static let maximumSize = 4 << 20

    struct Found: Equatable {
        var path: String
        var text: [UInt8]
    }

    enum Outcome: Equatable {
        case found(Found)
        case none
        case refused(String)
    }

    /// - Parameter ownerMatters: the file must be root's or this user's (.forward).
    static func read(_ paths: [String], ownerMatters: Bool) throws(SystemError) -> Outcome {
        for path in paths {
            var status = stat()
            guard unsafe (ownerMatters ? lstat(path, &status) : stat(path, &status)) == 0 else {
                switch errno {
                case ENOENT, ENOTDIR, EACCES, ENAMETOOLONG, ELOOP: continue
                case let code: throw SystemError("stat", path, code)
                }
            }
            return try open(path, ownerMatters: ownerMatters)
        }
        return .none
    }

    private static func open(_ path: String, ownerMatters: Bool) throws(SystemError) -> Outcome {
        let file: OpenFile
        do throws(SystemError) {
            file = try OpenFile(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | (ownerMatters ? O_NOFOLLOW : 0))
        } catch {
            if error.code == ELOOP { return .refused("file \(path) is not a regular file") }
            if error.code == EACCES { return .refused("cannot open file \(path): \(errorText(error.code))") }
            throw error
        }
        let status = try file.status()
        guard status.st_mode & S_IFMT == S_IFREG else { return .refused("file \(path) is not a regular file") }
        if ownerMatters && status.st_uid != 0 && status.st_uid != geteuid() {
            return .refused("file \(path) has bad owner uid \(status.st_uid)")
        }
        guard status.st_mode & 0o002 == 0 else { return .refused("file \(path) is world writable") }
        guard status.st_size <= maximumSize else { return .refused("file \(path) is larger than \(maximumSize) bytes") }
        return .found(Found(path: path, text: try contents(of: file)))
    }

    private static func contents(of file: borrowing OpenFile) throws(SystemError) -> [UInt8] {
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while text.count <= maximumSize {
            let count = unsafe buffer.withUnsafeMutableBytes { bytes in
                repeating { unsafe Glibc.read(file.descriptor, bytes.baseAddress, bytes.count) }
            }
            guard count >= 0 else { throw SystemError("read", file.path, errno) }
            if count == 0 { break }
            text.append(contentsOf: buffer[..<count])
        }
        return text
    }
}
