internal import Configuration
internal import DaemonKit
internal import Glibc
internal import Mail
internal import MailLog
internal import NIOCore
internal import NIOPosix
internal import Platform
internal import Spool
internal import Wire

/// One answer for one client: a listing (what qmgr has in its hands, then what lies in the index), or a flush that is passed on to qmgr.
///
/// *Failure:* when qmgr does not answer or the index cannot be read, the connection closes without the listing's end, so that the
/// client knows that something is missing. A client that goes away ends the listing without a word.
@EventLoopActor
struct ListingSession {
    private static let patience = Duration.seconds(60)
    private let channel: any Channel
    private let directory: SpoolDirectory
    private let settings: ShowQueueSettings

    init(_ channel: any Channel, directory: SpoolDirectory, settings: ShowQueueSettings) {
        self.channel = channel
        self.directory = directory
        self.settings = settings
    }

    func run(_ question: QueueQuestion?) async {
        do {
            switch question?.asked {
            case nil: if try await mayGoOn(settings.mayList, nil) { try await list(nil) }
            case .list(let filter):
                guard try await mayGoOn(settings.mayList, "view") else { break }
                let now = SystemTime().wall / 1_000_000
                try await list(filter.terms.isEmpty ? nil : QueueMatcher(filter, now: now))
            case .flush(let command): if try await mayGoOn(settings.mayFlush, "flush") { try await flush(command) }
            }
        } catch {
            if channel.isActive { Log.warning("the queue cannot be listed: \(error)") }
        }
        try? await channel.close().get()
    }

    /// Root and mail_owner may do everything.
    /// - Parameter verb: nil: the client does not understand a refusal.
    private func mayGoOn(_ rules: UserRules, _ verb: String?) async throws -> Bool {
        if rules.allowsEverybody { return true }
        guard let user = PeerCredentials(of: channel)?.user else { return false }
        if user == 0 || user == geteuid() { return true }
        let name = try await NIOThreadPool.singleton.runIfActive { try UserAccount.numbered(user)?.name ?? "unknown" }
        if rules.allows(name) { return true }
        let text = "User \(name)(\(user)) is not allowed to \(verb ?? "view") the mail queue"
        Log.warning(text)
        if verb != nil { try await send(QueueRefusal(exitStatus: UInt8(EX_NOPERM), text: text)) }
        return false
    }

    private func send(_ message: some WireMessage) async throws {
        try await channel.writeAndFlush(ByteBuffer(bytes: message.frame())).get()
    }

    // MARK: Flushing

    private func flush(_ command: QueueCommand) async throws {
        switch command.action {
        case .flushAll, .flushSite, .flushMessage: break
        case .change, .rebuildIndex:
            return try await send(QueueRefusal(exitStatus: UInt8(EX_NOPERM), text: "only flushing is for everybody"))
        }
        let qmgr = try await WireEndpoints.connect(to: "public/qmgr")
        defer { qmgr.close() }
        qmgr.send(command)
        let (result, _) = try await qmgr.receive(QueueCommandResult.self, within: Self.patience)
        try await send(result)
    }

    // MARK: Listing

    private func list(_ matcher: QueueMatcher?) async throws {
        let pages = IndexPages(directory: directory, matcher: matcher)
        defer { pages.close() }
        var encoder = ListingEncoder()
        encoder.begin()
        let live = try await listLive(&encoder, matcher)
        var portion = try await Self.next(pages, except: live)
        while let bytes = portion {
            // The next one is read while this one is written: a slow reader holds no transaction.
            async let following = Self.next(pages, except: live)
            if !bytes.isEmpty { try await send(bytes) }
            portion = try await following
        }
        encoder.end()
        try await send(encoder.take())
    }

    private nonisolated static func next(_ pages: IndexPages, except live: Set<QueueID>) async throws -> [UInt8]? {
        try await NIOThreadPool.singleton.runIfActive { try pages.next(except: live) }
    }

    private func send(_ bytes: [UInt8]) async throws {
        try await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get()
    }

    /// - Returns: the queue IDs, which are not to be listed again.
    private func listLive(_ encoder: inout ListingEncoder, _ matcher: QueueMatcher?) async throws -> Set<QueueID> {
        let qmgr = try await WireEndpoints.connect(to: "public/qmgr")
        defer { qmgr.close() }
        qmgr.send(LiveQueueQuery())
        var listed: Set<QueueID> = []
        while true {
            let (rows, _) = try await qmgr.receive(LiveQueueRows.self, within: Self.patience)
            for row in rows.rows {
                listed.insert(row.queueID)
                if matcher?.matches(row) ?? true { encoder.append(row) }
            }
            if !encoder.isEmpty { try await send(encoder.take()) }
            if rows.last { return listed }
        }
    }
}
