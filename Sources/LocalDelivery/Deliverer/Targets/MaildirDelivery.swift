internal import CPlatform
internal import Glibc
internal import Platform
internal import Synchronization

/// Writes a message into a maildir: tmp/, sync, rename to new/, sync of new/. https://cr.yp.to/proto/maildir.html
///
/// *Failure:* the file in tmp/ is removed again and the delivery fails with errno's status. When only the sync of new/ fails, the
/// message is taken out again, too.
final class MaildirDelivery: Sendable {
    private let host: String
    private let pid = getpid()
    private let count = Atomic<UInt64>(0)
    private let syncs = DirectorySyncs()

    /// - Parameter host: `$myhostname`.
    init(host: String) {
        self.host = String(host.map { $0 == "/" ? "\\057" : $0 == ":" ? "\\072" : String($0) }.joined())
    }

    /// - Parameters:
    ///   - path: with or without its last slash.
    ///   - write: puts the message into the file.
    func deliver(
        to path: String, _ write: (borrowing OpenFile) throws(SystemError) -> Void
    ) throws(MailboxFailure) {
        let root = path.hasSuffix("/") ? path : path + "/"
        let name = uniqueName()
        let temporary = root + "tmp/" + name
        let final = root + "new/" + name
        do throws(SystemError) {
            var file = try create(temporary, in: root)
            do throws(SystemError) {
                try write(file)
                try file.sync()
                try file.close()
                try moveIntoPlace(temporary, final, in: root)
            } catch {
                unsafe unlink(temporary)
                throw error
            }
        } catch {
            let isWrite = error.operation == "write" || error.operation == "fsync" || error.operation == "close"
            let what = isWrite ? "error writing message" : "create maildir file \(error.path)"
            throw MailboxFailure(error, "maildir delivery failed: " + what)
        }
        do {
            try syncs.of(root + "new").sync()
        } catch {
            unsafe unlink(final)
            throw MailboxFailure(error, "maildir delivery failed: sync directory \(root)new")
        }
    }

    /// Never the same twice: the microsecond, this process, and a counter of its deliveries.
    private func uniqueName() -> String {
        let now = SystemTime().wall
        let number = count.wrappingAdd(1, ordering: .relaxed).newValue
        return "\(now / 1_000_000).M\(now % 1_000_000)P\(pid)Q\(number).\(host)"
    }

    private func create(_ path: String, in root: String) throws(SystemError) -> OpenFile {
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW
        do throws(SystemError) {
            return try OpenFile(path, flags)
        } catch {
            guard error.code == ENOENT else { throw error }
        }
        try MailDirectories.make(root + "tmp")
        return try OpenFile(path, flags)
    }

    private func moveIntoPlace(_ from: String, _ to: String, in root: String) throws(SystemError) {
        do throws(SystemError) {
            try MailDirectories.move(from, to)
        } catch {
            guard error.code == ENOENT else { throw error }
            try MailDirectories.make(root + "cur")
            try MailDirectories.make(root + "new")
            try MailDirectories.move(from, to)
        }
    }
}

/// Directories of a maildir: made on the way, entries moved without replacing anything.
enum MailDirectories {
    /// Makes a directory and the missing ones above it, mode 0700, each synced into its parent.
    static func make(_ path: String) throws(SystemError) {
        if unsafe mkdir(path, 0o700) == 0 {
            try syncParent(of: path)
            return
        }
        switch errno {
        case EEXIST: return
        case ENOENT:
            guard let parent = parent(of: path), parent != "/" else { throw SystemError("mkdir", path, ENOENT) }
            try make(parent)
            guard unsafe mkdir(path, 0o700) == 0 || errno == EEXIST else { throw SystemError("mkdir", path, errno) }
            try syncParent(of: path)
        case let code: throw SystemError("mkdir", path, code)
        }
    }

    /// A rename that replaces nothing; by a second link where the file system cannot do that.
    static func move(_ from: String, _ to: String) throws(SystemError) {
        if unsafe martlet_rename_exclusive(from, to) == 0 { return }
        guard errno == EINVAL || errno == ENOSYS else { throw SystemError("rename", to, errno) }
        guard unsafe link(from, to) == 0 else { throw SystemError("link", to, errno) }
        unsafe unlink(from)
    }

    private static func parent(of path: String) -> String? {
        var bytes = path.utf8[...]
        while bytes.last == UInt8(ascii: "/") { bytes = bytes.dropLast() }
        guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return nil }
        return slash == bytes.startIndex ? "/" : String(path[path.startIndex..<slash])
    }

    private static func syncParent(of path: String) throws(SystemError) {
        guard let parent = parent(of: path) else { return }
        // A directory that may be entered but not read (mode 0711 above a home) cannot be synced; its entry was not made by us alone.
        do throws(SystemError) {
            let directory = try OpenFile(parent, O_RDONLY | O_DIRECTORY)
            try directory.sync()
        } catch {
            guard error.code == EACCES else { throw error }
        }
    }
}
