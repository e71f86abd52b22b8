/// What a program keeps once it runs; everything that is not in its row is given up (``giveUpTheRest(_:)``).
///
/// docs/security.md says why, and what is left to whoever takes a program over.
package struct RoleRights: Sendable {
    /// Whose user or group, when master was started by root.
    package enum Account: Sendable { case owner, smtpd, smtp, root }

    /// Files that may be used (Landlock). What users and groups may use is a second, independent fence.
    package enum Files: Hashable, Sendable {
        /// Accounts, hosts, time zones, the C library's own: /etc, /usr and the like, to read.
        case nameService
        /// A directory of the spool, to read files of known names.
        case read(String)
        /// The names in a directory, and in those beneath.
        case list(String)
        /// A directory of the spool, to do everything in.
        case write(String)
    }

    /// Sockets of the Internet that it opens itself. Those of clients come from master's listening sockets.
    package enum Internet: Sendable {
        /// It cannot make one.
        case none
        /// UDP, and TCP to name servers only (Landlock).
        case nameServers
        case everywhere
    }

    /// Deliverers' commands inherit what confines their ancestors, and may be set-id: so the delivery parent has no
    /// no_new_privs, no Landlock, no seccomp.
    package enum Confinement: Sendable { case whole, forDelivery }

    let user: Account
    /// Its group, also of the files that it makes.
    let group: Account
    /// Further groups.
    var alsoIn: [Account] = []
    var files: Set<Files> = []
    var internet: Internet = .none
    var confinement: Confinement = .whole
}

/// The table. One row for each program.
extension RoleRights {
    // Third-party sockets (Dovecot, milters) are by custom 0660 and mail_owner's group's.
    package static let smtpd = RoleRights(
        user: .smtpd, group: .smtpd, alsoIn: [.owner], files: [.nameService], internet: .nameServers)

    package static let smtp = RoleRights(
        user: .smtp, group: .smtp, alsoIn: [.owner], files: [.nameService, .read("segments"), .read("large")],
        internet: .everywhere)

    // Its files are readable for the group of smtp.
    package static let cleanup = RoleRights(
        user: .owner, group: .smtp, files: [.nameService, .list("."), .write("segments"), .write("large")])

    package static let qmgr = RoleRights(
        user: .owner, group: .owner,
        files: [
            .nameService, .list("."), .write("segments"), .write("large"), .write("journal"), .write("index"),
            .write("quarantine"),
        ])

    package static let bounce = RoleRights(
        user: .owner, group: .owner, files: [.read("segments"), .read("large")])

    // It hands messages in again that qmgr names.
    package static let pickup = RoleRights(
        user: .owner, group: .owner, files: [.nameService, .read("segments"), .read("large"), .write("maildrop")])

    // LMDB's readers write into its lock file.
    package static let showq = RoleRights(user: .owner, group: .owner, files: [.nameService, .write("index")])

    // error, discard
    package static let nothing = RoleRights(user: .owner, group: .owner)

    // Root, but for writing where it is not meant to: the sockets of cleanup and qmgr are open to these groups.
    package static let local = RoleRights(
        user: .root, group: .root, alsoIn: [.smtpd, .smtp], files: [], internet: .everywhere, confinement: .forDelivery)
}
