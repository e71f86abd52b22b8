internal import Glibc
internal import Platform

/// How an mbox is kept to oneself: mailbox_delivery_lock, deliver_lock_attempts, deliver_lock_delay, stale_lock_time.
struct MailboxLocking: Equatable, Sendable {
    var fcntl = true
    var flock = false
    var dotlock = false
    var attempts = 20
    var delay = Duration.seconds(1)
    var staleTime = Duration.seconds(500)
    /// strict_mailbox_ownership
    var demandsOwnership = true

    /// nil when a word is none of Postfix's.
    init?(_ words: [String]) {
        fcntl = false
        for word in words {
            switch word {
            case "fcntl": fcntl = true
            case "flock": flock = true
            case "dotlock": dotlock = true
            default: return nil
            }
        }
    }
}

extension MailboxLocking {
    /// Creates `path.lock`. Removes one that nobody has touched for `staleTime`.
    func takeDotlock(_ path: String) throws(SystemError) {
        let lock = path + ".lock"
        for attempt in 1...max(1, attempts) {
            do throws(SystemError) {
                var file = try OpenFile(lock, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, permissions: 0o444)
                try? file.close()
                return
            } catch {
                guard error.code == EEXIST else { throw error }
            }
            if removeStale(lock) { continue }
            if attempt < attempts { pause() }
        }
        throw SystemError("lock", lock, EAGAIN)
    }

    func releaseDotlock(_ path: String) { unsafe unlink(path + ".lock") }

    private func removeStale(_ lock: String) -> Bool {
        var status = stat()
        guard unsafe lstat(lock, &status) == 0 else { return errno == ENOENT }
        guard SystemTime().wall / 1_000_000 - Int64(status.st_mtim.tv_sec) > staleTime.components.seconds else { return false }
        return unsafe unlink(lock) == 0
    }

    /// Takes the kernel's locks; they go when the file is closed.
    func lock(_ file: borrowing OpenFile) throws(SystemError) {
        if flock { try retry(file, wholeFileLock) }
        if fcntl {
            try retry(file) { descriptor in
                var range = Glibc.flock()
                range.l_type = Int16(F_WRLCK)
                range.l_whence = Int16(SEEK_SET)
                return unsafe Glibc.fcntl(descriptor, F_SETLK, &range)
            }
        }
    }

    private func retry(_ file: borrowing OpenFile, _ call: (Int32) -> Int32) throws(SystemError) {
        for attempt in 1...max(1, attempts) {
            if call(file.descriptor) == 0 { return }
            guard errno == EAGAIN || errno == EACCES || errno == EWOULDBLOCK || errno == EINTR else {
                throw SystemError("lock", file.path, errno)
            }
            if attempt < attempts { pause() }
        }
        throw SystemError("lock", file.path, EAGAIN)
    }

    private func pause() {
        let (seconds, fraction) = delay.components
        var time = timespec(tv_sec: time_t(seconds), tv_nsec: Int(fraction / 1_000_000_000))
        unsafe nanosleep(&time, nil)
    }
}

private func wholeFileLock(_ descriptor: Int32) -> Int32 { flock(descriptor, LOCK_EX | LOCK_NB) }
