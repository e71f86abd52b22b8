internal import CPlatform
internal import Glibc
internal import Platform
internal import Synchronization

/// Writes messages into maildirs: tmp/, sync, rename to new/, sync of new/. https://cr.yp.to/proto/maildir.html
///
/// In two steps, so that messages that come together share the waiting: all are written, then all synced, and a directory once.
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

    /// A message that is written in tmp/, not yet synced.
    final class Staged {
        let root: String
        let name: String
        var file: OpenFile

        init(root: String, name: String, file: consuming OpenFile) {
            self.root = root
            self.name = name
            self.file = file
        }

        var temporary: String { root + "tmp/" + name }
        var final: String { root + "new/" + name }
    }

    /// - Parameters:
    ///   - path: with or without its last slash.
    ///   - write: puts the message into the file.
    func stage(
        to path: String, _ write: (borrowing OpenFile) throws(SystemError) -> Void
    ) throws(MailboxFailure) -> Staged {
        let root = path.hasSuffix("/") ? path : path + "/"
        let name = uniqueName()
        do throws(SystemError) {
            let staged = Staged(root: root, name: name, file: try create(root + "tmp/" + name, in: root))
            do throws(SystemError) {
                try write(staged.file)
            } catch {
                unsafe unlink(staged.temporary)
                throw error
            }
            return staged
        } catch {
            throw Self.failure(error)
        }
    }

    /// Makes them durable and puts them into place; nil for each that is delivered.
    func complete(_ messages: [Staged]) -> [MailboxFailure?] {
        if messages.count > 1 { for message in messages { message.file.beginWriting() } }
        var failures: [MailboxFailure?] = messages.map { message in
            do throws(SystemError) {
                try message.file.sync()
                try message.file.close()
                try moveIntoPlace(message.temporary, message.final, in: message.root)
                return nil
            } catch {
                unsafe unlink(message.temporary)
                return Self.failure(error)
            }
        }
        for root in Set(zip(messages, failures).filter { $1 == nil }.map(\.0.root)) {
            do {
                try syncs.of(root + "new").sync()
            } catch {
                for index in messages.indices where messages[index].root == root && failures[index] == nil {
                    unsafe unlink(messages[index].final)
                    failures[index] = MailboxFailure(error, "maildir delivery failed: sync directory \(root)new")
                }
            }
        }
        return failures
    }

    private static func failure(_ error: SystemError) -> MailboxFailure {
        let isWrite = error.operation == "write" || error.operation == "fsync" || error.operation == "close"
        let what = isWrite ? "error writing message" : "create maildir file \(error.path)"
        return MailboxFailure(error, "maildir delivery failed: " + what)
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
