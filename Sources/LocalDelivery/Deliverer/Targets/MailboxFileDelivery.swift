internal import Glibc
internal import Mail
internal import Platform

/// Appends a message to an mbox, or to the file that an alias names.
///
/// The file is a regular one with one link, no symbolic link, not executable when an alias names it; it is locked, and cut to its
/// old length again when anything fails. `/dev/null` and its like swallow the message.
/// *Failure:* ``MailboxFailure`` with errno's status; nothing is left in the mailbox.
final class MailboxFileDelivery: Sendable {
    private let locking: MailboxLocking
    /// fcntl's locks do not keep the threads of one process apart.
    private let turn = Monitor()

    init(locking: MailboxLocking) { self.locking = locking }

    struct Request {
        var path: String
        /// The user's own mailbox: strict_mailbox_ownership applies.
        var mustBeOwned: Bool
        /// mailbox_size_limit; 0 is none.
        var sizeLimit: UInt64
    }

    /// - Parameter write: appends the message, quoted.
    func deliver(
        _ request: Request, _ write: (borrowing OpenFile) throws(SystemError) -> Void
    ) throws(MailboxFailure) {
        try turn.locked { () throws(MailboxFailure) in try append(request, write) }
    }

    private func append(
        _ request: Request, _ write: (borrowing OpenFile) throws(SystemError) -> Void
    ) throws(MailboxFailure) {
        let hasDotlock = try dotlock(request)
        defer { if hasDotlock { locking.releaseDotlock(request.path) } }
        var file = try open(request)
        let status = try check(file, request)
        guard status.isRegular else {
            do throws(SystemError) { try write(file) } catch { throw MailboxFailure(error, "error writing message") }
            return
        }
        do throws(SystemError) { try locking.lock(file) } catch {
            throw MailboxFailure(error, "unable to lock for exclusive access")
        }
        let end = lseek(file.descriptor, 0, SEEK_END)
        do throws(SystemError) {
            guard end >= 0 else { throw SystemError("seek", request.path, errno) }
            try write(file)
            let size = try file.status().st_size
            guard request.sizeLimit == 0 || UInt64(max(0, size)) <= request.sizeLimit else {
                throw SystemError("write", request.path, EFBIG)
            }
            try file.sync()
        } catch {
            // What cannot be undone is met by the next reader of the mailbox: a torn message at its end.
            if end >= 0 { _ = ftruncate(file.descriptor, end) }
            throw MailboxFailure(error, "error writing message")
        }
        do throws(SystemError) { try file.close() } catch { throw MailboxFailure(error, "error writing message") }
    }

    /// The dotlock of an alias's file may fail, since it may lie where its owner cannot create files.
    private func dotlock(_ request: Request) throws(MailboxFailure) -> Bool {
        guard locking.dotlock else { return false }
        var status = stat()
        if unsafe stat(request.path, &status) == 0, status.st_mode & S_IFMT != S_IFREG { return false }
        do throws(SystemError) {
            try locking.takeDotlock(request.path)
            return true
        } catch {
            guard error.code != EAGAIN, !request.mustBeOwned else {
                throw MailboxFailure(error, "unable to create lock file \(request.path).lock")
            }
            return false
        }
    }

    private func open(_ request: Request) throws(MailboxFailure) -> OpenFile {
        do throws(SystemError) {
            return try OpenFile(request.path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY)
        } catch {
            switch error.code {
            case ELOOP: throw MailboxFailure(EnhancedStatus(.permanent, 2, 0), "file is a symbolic link")
            case ENXIO: throw MailboxFailure(EnhancedStatus(.permanent, 2, 0), "file is a FIFO that nobody reads")
            default: throw MailboxFailure(error, "cannot open file")
            }
        }
    }

    private struct Checked {
        var isRegular: Bool
    }

    private func check(_ file: borrowing OpenFile, _ request: Request) throws(MailboxFailure) -> Checked {
        let status: stat
        do throws(SystemError) { status = try file.status() } catch { throw MailboxFailure(error, "cannot open file") }
        let refused = EnhancedStatus(.permanent, 2, 0)
        let kind = status.st_mode & S_IFMT
        guard kind == S_IFREG else {
            guard kind == S_IFCHR, !request.mustBeOwned else {
                throw MailboxFailure(refused, "destination \(request.path) is not a regular file")
            }
            return Checked(isRegular: false)
        }
        guard status.st_nlink == 1 else { throw MailboxFailure(refused, "file has \(status.st_nlink) hard links") }
        if request.mustBeOwned {
            guard !locking.demandsOwnership || status.st_uid == geteuid() else {
                throw MailboxFailure(
                    EnhancedStatus(.temporary, 2, 0), "destination \(request.path) is not owned by recipient")
            }
        } else if status.st_mode & 0o111 != 0 {
            throw MailboxFailure(EnhancedStatus(.permanent, 7, 1), "file is executable")
        }
        return Checked(isRegular: true)
    }
}
