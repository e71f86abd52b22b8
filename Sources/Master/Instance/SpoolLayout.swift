internal import Configuration
internal import Glibc
internal import Platform

/// The directories of an instance: made where they are missing, refused where a stranger could tamper with them.
///
/// As root: queue_directory, pid/ and the directories of sockets are root's, so that nobody but master puts a socket there; the rest is
/// mail_owner's. Else everything is the invoking user's.
struct SpoolLayout {
    enum Owner { case root, mailOwner }

    enum Group {
        /// Its owner's.
        case own
        /// By custom the sockets of Dovecot and milters are for mail_owner's group.
        case mailOwner
        /// Of smtp, which alone of those that speak with strangers may read messages: it opens what it has been told the name of.
        case readers
    }

    struct Directory: Equatable {
        var path: String
        var mode: UInt32
        var owner = Owner.mailOwner
        var group = Group.own
        /// Brought to this state also where it exists, if it is root's or mail_owner's.
        var isMended = false
    }

    let directories: [Directory]
    private let accounts: SuiteAccounts?
    /// Where agents mark themselves (DaemonKit's AgentPresence): empty for ever, never removed. Nobody else may open it: who can, can
    /// make a queue manager wait.
    let presenceFile: String

    init(_ settings: InstanceSettings) {
        let spool = settings.queueDirectory
        let pid = String(settings.pidFile.dropLast("/master.pid".utf8.count))
        accounts = settings.accounts
        presenceFile = pid + "/agents"
        directories = [
            Directory(path: spool, mode: 0o755, owner: .root), Directory(path: pid, mode: 0o755, owner: .root),
            // Sockets in public/ have a mode each.
            Directory(path: spool + "/public", mode: 0o755, owner: .root, isMended: true),
            Directory(path: spool + "/private", mode: 0o710, owner: .root, group: .mailOwner, isMended: true),
            Directory(path: spool + "/segments", mode: 0o710, group: .readers, isMended: true),
            Directory(path: spool + "/large", mode: 0o710, group: .readers, isMended: true),
            Directory(path: spool + "/journal", mode: 0o700), Directory(path: spool + "/index", mode: 0o700),
            Directory(path: spool + "/quarantine", mode: 0o700), Directory(path: spool + "/maildrop", mode: 0o700),
            Directory(path: settings.dataDirectory, mode: 0o700),
        ]
    }

    func prepare() throws(MasterFailure) {
        for directory in directories {
            do throws(SystemError) {
                try make(directory)
            } catch {
                throw MasterFailure(error.description)
            }
            try check(directory)
        }
        do throws(SystemError) { try makePresenceFile() } catch { throw MasterFailure(error.description) }
    }

    private func makePresenceFile() throws(SystemError) {
        let descriptor = unsafe open(presenceFile, O_RDONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SystemError("open", presenceFile, errno) }
        defer { close(descriptor) }
        guard fchmod(descriptor, 0o600) == 0 else { throw SystemError("chmod", presenceFile, errno) }
        guard let owner = accounts?.owner else { return }
        guard fchown(descriptor, owner.user, owner.group) == 0 else { throw SystemError("chown", presenceFile, errno) }
    }

    /// Through a descriptor: a name might lead elsewhere a moment later.
    private func make(_ directory: Directory) throws(SystemError) {
        let isNew = unsafe mkdir(directory.path, directory.mode) == 0
        guard isNew || errno == EEXIST else { throw SystemError("mkdir", directory.path, errno) }
        let descriptor = unsafe open(directory.path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        // What is no directory is refused by the check that follows.
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw SystemError("stat", directory.path, errno) }
        guard let accounts else {
            if isNew, fchmod(descriptor, directory.mode) != 0 { throw SystemError("chmod", directory.path, errno) }
            return
        }
        if !isNew, try !isOurs(directory, status, accounts) { return }
        let (user, group) = owner(directory, accounts)
        let isChanged = status.st_uid != user || status.st_gid != group || status.st_mode & 0o7777 != directory.mode
        guard isChanged else { return }
        guard fchown(descriptor, user, group) == 0 else { throw SystemError("chown", directory.path, errno) }
        guard fchmod(descriptor, directory.mode) == 0 else { throw SystemError("chmod", directory.path, errno) }
        if directory.group == .readers, !isNew { try admitReaders(to: directory.path, descriptor, accounts) }
    }

    private func owner(_ directory: Directory, _ accounts: SuiteAccounts) -> (user: UInt32, group: UInt32) {
        let own: (UInt32, UInt32) = directory.owner == .root ? (0, 0) : (accounts.owner.user, accounts.owner.group)
        switch directory.group {
        case .own: return own
        case .mailOwner: return (own.0, accounts.owner.group)
        case .readers: return (own.0, accounts.smtp.group)
        }
    }

    /// Mail_owner's, or empty and root's (an administrator's mkdir).
    private func isOurs(_ directory: Directory, _ status: stat, _ accounts: SuiteAccounts) throws(SystemError) -> Bool {
        if status.st_uid == accounts.owner.user { return directory.isMended }
        guard status.st_uid == 0 else { return false }
        if directory.owner == .root { return directory.isMended }
        return try POSIXFileSystem().list(directory.path).isEmpty
    }

    /// The messages of a spool that was made before there were readers, or for others. As root in a directory of mail_owner: only its
    /// own files, under no other name.
    private func admitReaders(to path: String, _ directory: Int32, _ accounts: SuiteAccounts) throws(SystemError) {
        for name in try POSIXFileSystem().list(path) where !name.hasSuffix(".done") {
            let file = unsafe openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
            guard file >= 0 else { continue }
            defer { close(file) }
            var status = stat()
            guard unsafe fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_nlink == 1,
                status.st_uid == accounts.owner.user
            else { continue }
            guard fchown(file, uid_t.max, accounts.smtp.group) == 0, fchmod(file, 0o640) == 0 else {
                throw SystemError("chown", path + "/" + name, errno)
            }
        }
    }

    private func check(_ directory: Directory) throws(MasterFailure) {
        var status = stat()
        guard unsafe lstat(directory.path, &status) == 0 else {
            throw MasterFailure(SystemError("stat", directory.path, errno).description)
        }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw MasterFailure("\(directory.path) is no directory") }
        let owner = accounts?.owner
        let allowed: [UInt32] = owner.map { [0, $0.user] } ?? [geteuid()]
        guard allowed.contains(status.st_uid) else {
            let wanted = owner?.name ?? "the user who starts master"
            throw MasterFailure("\(directory.path) belongs to uid \(status.st_uid): it must be \(wanted)'s")
        }
        // Root's own directory cannot be used by mail_owner, and would fail later and elsewhere.
        if let owner, directory.owner == .mailOwner, status.st_uid != owner.user {
            throw MasterFailure("\(directory.path) belongs to root: it must be \(owner.name)'s")
        }
        guard status.st_mode & 0o022 == 0 else {
            throw MasterFailure("\(directory.path) is writable for others than its owner (chmod go-w \(directory.path))")
        }
    }
}
