internal import CommandKit
internal import Configuration
internal import Glibc
internal import Platform

/// postlock(1): runs a command while a mailbox is locked as mailbox_delivery_lock says.
///
/// *Failure:* 75 when the lock cannot be had; else the command's status.
enum PostlockCommand {
    /// deliver_lock_attempts and deliver_lock_delay of Postfix.
    private static let attempts = 20
    private static let delay: UInt32 = 1

    static func run(_ arguments: [String]) throws(ExitError) -> Int32 {
        let usage = ExitError(
            status: EX_TEMPFAIL, message: "usage: postlock [-c config_dir] [-l lock_style] [-v] folder command...")
        let options = try OptionLetters(arguments, letters: "c:l:v", program: "postlock", usage: usage)
        guard options.rest.count >= 2 else { throw usage }
        let styles = try styles(options)
        let folder = options.rest[0]
        let descriptor = unsafe open(folder, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw ExitError(status: EX_TEMPFAIL, message: "open file \(folder): \(errorText(errno))")
        }
        let dotLock = folder + ".lock"
        if styles.contains("dotlock") { try create(dotLock) }
        defer { if styles.contains("dotlock") { _ = unsafe unlink(dotLock) } }
        for style in styles where style != "dotlock" { try lock(descriptor, style, folder) }
        return try ChildProcess.run(options.rest[1], Array(options.rest[1...]))
    }

    private static func styles(_ options: OptionLetters) throws(ExitError) -> [String] {
        let text: String
        if let given = options.value("l") {
            text = given
        } else {
            let configuration = try Instance(directory: options.value("c")).configuration
            text = ((try? configuration.text(of: "mailbox_delivery_lock")) ?? nil) ?? "fcntl, dotlock"
        }
        let words = text.split(whereSeparator: { $0 == "," || $0.isWhitespace }).map(String.init)
        for word in words where !["flock", "fcntl", "dotlock"].contains(word) {
            throw ExitError(status: EX_TEMPFAIL, message: "unknown mailbox_delivery_lock value \"\(word)\" in \"\(text)\"")
        }
        return words
    }

    private static func create(_ path: String) throws(ExitError) {
        for attempt in 1...attempts {
            let descriptor = unsafe open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o644)
            if descriptor >= 0 {
                close(descriptor)
                return
            }
            guard errno == EEXIST, attempt < attempts else {
                throw ExitError(status: EX_TEMPFAIL, message: "unable to create lock file \(path): \(errorText(errno))")
            }
            sleep(delay)
        }
    }

    private static func lock(_ descriptor: Int32, _ style: String, _ folder: String) throws(ExitError) {
        for attempt in 1...attempts {
            var request = flock()
            request.l_type = Int16(F_WRLCK)
            request.l_whence = Int16(SEEK_SET)
            let isLocked =
                style == "flock"
                ? flock(descriptor, LOCK_EX | LOCK_NB) == 0 : unsafe fcntl(descriptor, F_SETLK, &request) == 0
            if isLocked { return }
            guard errno == EWOULDBLOCK || errno == EACCES, attempt < attempts else {
                throw ExitError(
                    status: EX_TEMPFAIL, message: "unable to lock for exclusive access: \(folder): \(errorText(errno))")
            }
            sleep(delay)
        }
    }
}
