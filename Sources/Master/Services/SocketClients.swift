internal import Configuration
internal import Platform

/// Who may connect to a socket of the suite, as far as users can say it: its owner is mail_owner, root may always.
///
/// Landlock does not govern connecting to a path, so this is what keeps a program that was taken over from the others' sockets.
/// PeerRule says the same once more to the servers.
enum SocketClients: String, Hashable {
    /// Mail is handed in and the queue looked at by every user of the host.
    case everybody
    /// The mail owner's programs: qmgr connects to agents and to bounce.
    case owner
    /// And smtpd: it hands messages to cleanup.
    case smtpd
    /// And smtp: it presents reports to qmgr.
    case smtp

    /// By program; a private showq is for the suite like all else in private/.
    init(program: String, isPrivate: Bool) {
        switch program {
        case "pickup", "showq": self = isPrivate ? .owner : .everybody
        case "cleanup": self = .smtpd
        case "qmgr": self = .smtp
        default: self = .owner
        }
    }

    var mode: UInt32 {
        switch self {
        case .everybody: 0o666
        case .owner: 0o600
        case .smtpd, .smtp: 0o660
        }
    }

    func group(in accounts: SuiteAccounts) -> UInt32 {
        switch self {
        case .everybody, .owner: accounts.owner.group
        case .smtpd: accounts.smtpd.group
        case .smtp: accounts.smtp.group
        }
    }
}
