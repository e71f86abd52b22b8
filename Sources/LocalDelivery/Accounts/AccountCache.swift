internal import DaemonKit
internal import NIOCore
internal import NIOPosix
internal import Platform

/// Users by name and number, remembered for some seconds and looked up off the loop: the name service may ask a directory server.
///
/// *Failure:* throws when the name service cannot say; that is never "no such user", and is not remembered.
@EventLoopActor
final class AccountCache {
    /// A new user gets mail after this time at the latest, and a directory server is asked once in it.
    static let memory: UInt64 = 10_000_000_000
    private static let capacity = 10_000

    private enum Key: Hashable {
        case name(String)
        case number(UInt32)
    }
    private struct Entry {
        var account: UserAccount?
        var until: UInt64
    }
    private var entries: [Key: Entry] = [:]
    private let pool: NIOThreadPool
    private let time: any TimeSource

    init(pool: NIOThreadPool, time: any TimeSource) {
        self.pool = pool
        self.time = time
    }

    func named(_ name: String) async throws -> UserAccount? {
        try await find(.name(name)) { try UserAccount.named(name) }
    }

    func numbered(_ user: UInt32) async throws -> UserAccount? {
        try await find(.number(user)) { try UserAccount.numbered(user) }
    }

    private func find(_ key: Key, _ look: @escaping @Sendable () throws -> UserAccount?) async throws -> UserAccount? {
        if let entry = entries[key], entry.until > time.monotonic { return entry.account }
        let account = try await pool.runIfActive(eventLoop: EventLoopActor.loop, look).value()
        if entries.count >= Self.capacity { entries = [:] }
        entries[key] = Entry(account: account, until: time.monotonic &+ Self.memory)
        return account
    }
}
