internal import Glibc
internal import Platform

/// The directories of an instance: made where they are missing, refused where a stranger could tamper with them.
///
/// As root: queue_directory and pid/ are root's, the rest mail_owner's. Else everything is the invoking user's.
struct SpoolLayout {
    struct Directory: Equatable {
        var path: String
        var mode: UInt32
        var isRoots = false
    }

    let directories: [Directory]
    /// Where agents mark themselves (DaemonKit's AgentPresence): empty for ever, never removed. Nobody else may open it: who can, can
    /// make a queue manager wait.
    let presenceFile: String
    private let owner: UserAccount?

    init(_ settings: InstanceSettings) {
        let spool = settings.queueDirectory
        let pid = String(settings.pidFile.dropLast("/master.pid".utf8.count))
        presenceFile = pid + "/agents"
        owner = settings.owner
        directories = [
            Directory(path: spool, mode: 0o755, isRoots: true), Directory(path: pid, mode: 0o755, isRoots: true),
            // Sockets in public/ are for every user of the machine, each with a mode of its own.
            Directory(path: spool + "/public", mode: 0o755), Directory(path: spool + "/private", mode: 0o700),
            Directory(path: spool + "/segments", mode: 0o750), Directory(path: spool + "/large", mode: 0o750),
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
        guard let owner else { return }
        guard fchown(descriptor, owner.user, owner.group) == 0 else { throw SystemError("chown", presenceFile, errno) }
    }

    private func make(_ directory: Directory) throws(SystemError) {
        if unsafe mkdir(directory.path, directory.mode) != 0 {
            guard errno == EEXIST else { throw SystemError("mkdir", directory.path, errno) }
            guard try isUnclaimed(directory) else { return }
        }
        guard unsafe chmod(directory.path, directory.mode) == 0 else { throw SystemError("chmod", directory.path, errno) }
        guard let owner, !directory.isRoots else { return }
        guard unsafe lchown(directory.path, owner.user, owner.group) == 0 else {
            throw SystemError("chown", directory.path, errno)
        }
    }

    /// Empty and root's: an administrator's mkdir, which becomes mail_owner's.
    private func isUnclaimed(_ directory: Directory) throws(SystemError) -> Bool {
        guard owner != nil, !directory.isRoots else { return false }
        var status = stat()
        guard unsafe lstat(directory.path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR, status.st_uid == 0 else {
            return false
        }
        return try POSIXFileSystem().list(directory.path).isEmpty
    }

    private func check(_ directory: Directory) throws(MasterFailure) {
        var status = stat()
        guard unsafe lstat(directory.path, &status) == 0 else {
            throw MasterFailure(SystemError("stat", directory.path, errno).description)
        }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw MasterFailure("\(directory.path) is no directory") }
        let allowed: [UInt32] = owner.map { [0, $0.user] } ?? [geteuid()]
        guard allowed.contains(status.st_uid) else {
            let wanted = owner?.name ?? "the user who starts master"
            throw MasterFailure("\(directory.path) belongs to uid \(status.st_uid): it must be \(wanted)'s")
        }
        // Root's own directory cannot be used by mail_owner, and would fail later and elsewhere.
        if let owner, !directory.isRoots, status.st_uid != owner.user {
            throw MasterFailure("\(directory.path) belongs to root: it must be \(owner.name)'s")
        }
        guard status.st_mode & 0o022 == 0 else {
            throw MasterFailure("\(directory.path) is writable for others than its owner (chmod go-w \(directory.path))")
        }
    }
}
