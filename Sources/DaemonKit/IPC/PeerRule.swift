package import Configuration
internal import Glibc
package import NIOCore
internal import NIOPosix
internal import Platform

/// The process at the other end of a UNIX socket (SO_PEERCRED, struct ucred of unix(7)): who connected, whatever it says.
package struct PeerCredentials: Equatable, Sendable, CustomStringConvertible {
    package let process: Int32
    package let user: UInt32
    package let group: UInt32

    package init(process: Int32, user: UInt32, group: UInt32) {
        self.process = process
        self.user = user
        self.group = group
    }

    /// nil when there is no other end any more. Uid 65534 for one in another user namespace.
    @EventLoopActor
    package init?(of channel: any Channel) {
        guard let options = channel as? any SocketOptionProvider else { return nil }
        // On the loop the answer is there at once.
        nonisolated(unsafe) var found: PeerCredentials?
        let question: EventLoopFuture<PeerCredentials> = options.unsafeGetSocketOption(
            level: .socket, name: .init(rawValue: CInt(SO_PEERCRED)))
        question.whenSuccess { unsafe found = $0 }
        guard let peer = unsafe found else { return nil }
        self = peer
    }

    package var description: String { "process \(process) of uid \(user)" }
}

/// Whom a server of the suite listens to. The modes of its socket say the same; this holds also where they were changed.
package enum PeerRule: Sendable {
    /// Every user of the host.
    case anybody
    /// Root, the mail owner, and the user as whom this program runs.
    case suite
    /// These and smtpd: cleanup's.
    case submitters
    /// These and smtp: qmgr's.
    case agents

    /// nil when everything runs as the invoking user. Set before the service begins.
    @EventLoopActor package internal(set) static var accounts: SuiteAccounts?

    @EventLoopActor
    package func admits(_ peer: PeerCredentials?) -> Bool {
        admits(peer, accounts: Self.accounts, ownUser: geteuid())
    }

    func admits(_ peer: PeerCredentials?, accounts: SuiteAccounts?, ownUser: UInt32) -> Bool {
        guard let peer else { return false }
        var users: Set<UInt32> = [0, ownUser]
        if let accounts { users.insert(accounts.owner.user) }
        switch self {
        case .anybody: return true
        case .suite: break
        case .submitters: if let accounts { users.insert(accounts.smtpd.user) }
        case .agents: if let accounts { users.insert(accounts.smtp.user) }
        }
        return users.contains(peer.user)
    }
}
