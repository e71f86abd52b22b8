internal import DaemonKit
internal import Glibc
internal import Mail
internal import MailLog
internal import NIOCore
internal import NIOPosix
internal import Platform
internal import Wire

/// What expansion reads: accounts from the name service, users' files through their deliverers.
@EventLoopActor
final class UserFiles: ExpansionSources {
    private let settings: LocalSettings
    private let accounts: AccountCache
    private let deliverers: DelivererPool
    private let pool: NIOThreadPool
    private let queueID: QueueID

    init(
        settings: LocalSettings, accounts: AccountCache, deliverers: DelivererPool, pool: NIOThreadPool, queueID: QueueID
    ) {
        self.settings = settings
        self.accounts = accounts
        self.deliverers = deliverers
        self.pool = pool
        self.queueID = queueID
    }

    func account(named name: String) async throws -> UserAccount? { try await accounts.named(name) }
    func account(numbered user: UInt32) async throws -> UserAccount? { try await accounts.numbered(user) }

    func forwardFile(_ paths: [String], of account: UserAccount) async throws -> (path: String, text: [UInt8])? {
        let work = MailboxWork(target: .readForward(paths: paths), queueID: queueID)
        let result = try await deliverers.perform(
            work, as: DelivererIdentity(user: account.user, group: account.group))
        switch result.status.outcome {
        case .deferred: throw DelivererFailure(text: result.status.text)
        case .bounced:
            Log.warning(result.status.text)
            return nil
        case .sent, .relayed, .expanded: return result.forward.map { (result.status.text, $0) }
        }
    }

    func includeFile(_ path: String, _ rights: DeliveryRights) async throws -> (text: [UInt8], owner: UInt32) {
        let owner = try await pool.runIfActive(eventLoop: EventLoopActor.loop) { () throws -> DelivererIdentity in
            var status = stat()
            guard unsafe stat(path, &status) == 0 else { throw SystemError("stat", path, errno) }
            return DelivererIdentity(user: status.st_uid, group: status.st_gid)
        }.value()
        let reader: DelivererIdentity
        switch rights {
        case .account(let user, let group, _, _): reader = DelivererIdentity(user: user, group: group)
        case .standard where !settings.identity.isRoot:
            reader = DelivererIdentity(user: settings.identity.user, group: settings.identity.group)
        // Root's alias: the file is read by whoever owns it.
        case .standard:
            let account = try await accounts.numbered(owner.user)
            reader = DelivererIdentity(user: owner.user, group: account?.group ?? owner.group)
        }
        let result = try await deliverers.perform(MailboxWork(target: .readInclude(path: path), queueID: queueID), as: reader)
        guard result.status.outcome != .deferred else { throw DelivererFailure(text: result.status.text) }
        guard let text = result.forward else { throw SystemError("read", path, result.status.text.isEmpty ? ENOENT : EACCES) }
        return (text, owner.user)
    }
}
