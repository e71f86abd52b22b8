internal import CommandKit
internal import Glibc
internal import Platform

/// Changes a file of the configuration in place: written beside it as `FILE.tmp` with the same owner and mode, made durable, then renamed,
/// so that a reader sees the old text or the new one, also after a power cut. A lock on `FILE.tmp` makes editors take turns, as Postfix's do.
///
/// *Failure:* throws with status 1; the file is as it was.
enum FileReplacement {
    static func edit(_ path: String, _ change: ([UInt8]) throws(ExitError) -> [UInt8]) throws(ExitError) {
        let temporary = path + ".tmp"
        let descriptor = try lockedTemporary(temporary)
        defer { close(descriptor) }
        do throws(ExitError) {
            let old: [UInt8]
            do throws(SystemError) {
                old = try WholeFile.read(path)
            } catch {
                throw ExitError(status: 1, message: "open \(path) for reading: \(errorText(error.code))")
            }
            try write(try change(old), to: descriptor, temporary)
            try keepOwner(of: path, descriptor, temporary)
            guard fsync(descriptor) == 0 else { throw failure("fsync", temporary) }
            guard unsafe rename(temporary, path) == 0 else { throw failure("rename", temporary) }
        } catch {
            unsafe unlink(temporary)
            throw error
        }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        let directory = parts.isEmpty ? "." : parts.count == 1 && parts.first == "" ? "/" : parts.joined(separator: "/")
        do throws(SystemError) { try POSIXFileSystem().syncDirectory(directory) } catch {
            throw ExitError(status: 1, message: "\(error)")
        }
    }

    private static func lockedTemporary(_ path: String) throws(ExitError) -> Int32 {
        while true {
            let descriptor = unsafe open(path, O_CREAT | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0o600)
            guard descriptor >= 0 else { throw failure("open", path) }
            guard flock(descriptor, LOCK_EX) == 0 else {
                close(descriptor)
                throw failure("lock", path)
            }
            // Whoever had the lock before has renamed or removed the file.
            var mine = stat()
            var there = stat()
            if unsafe fstat(descriptor, &mine) == 0, unsafe lstat(path, &there) == 0, mine.st_ino == there.st_ino,
                ftruncate(descriptor, 0) == 0
            {
                return descriptor
            }
            close(descriptor)
        }
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32, _ path: String) throws(ExitError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure("write", path) }
            rest = rest.dropFirst(count)
        }
    }

    private static func keepOwner(of path: String, _ descriptor: Int32, _ temporary: String) throws(ExitError) {
        var old = stat()
        guard unsafe stat(path, &old) == 0 else { throw failure("stat", path) }
        // Only root can give a file away; another user's edit of a file that he may write stays his.
        if fchown(descriptor, old.st_uid, old.st_gid) != 0, geteuid() == 0 { throw failure("chown", temporary) }
        guard fchmod(descriptor, old.st_mode & 0o7777) == 0 else { throw failure("chmod", temporary) }
    }

    private static func failure(_ what: String, _ path: String) -> ExitError {
        ExitError(status: 1, message: "\(what) \(path): \(errorText(errno))")
    }
}
