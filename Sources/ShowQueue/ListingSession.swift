internal import DaemonKit
internal import Mail
internal import MailLog
internal import NIOCore
internal import NIOPosix
internal import Spool
internal import Wire

/// One listing for one client: what qmgr has in its hands, then what lies in the index.
///
/// *Failure:* when qmgr does not answer or the index cannot be read, the connection closes without the listing's end, so that the
/// client knows that something is missing.
@EventLoopActor
struct ListingSession {
    private static let patience = Duration.seconds(60)
    private let channel: any Channel
    private let pages: IndexPages

    init(_ channel: any Channel, pages: IndexPages) {
        self.channel = channel
        self.pages = pages
    }

    func run() async {
        do {
            var encoder = ListingEncoder()
            encoder.begin()
            let live = try await listLive(&encoder)
            try await listIndex(&encoder, except: live)
            encoder.end()
            try await channel.writeAndFlush(encoder.take()).get()
        } catch {
            if channel.isActive { Log.warning("the queue cannot be listed: \(error)") }
        }
        await close()
    }

    private func close() async {
        pages.close()
        try? await channel.close().get()
    }

    /// - Returns: the queue IDs, which are not to be listed again.
    private func listLive(_ encoder: inout ListingEncoder) async throws -> Set<QueueID> {
        let qmgr = try await WireEndpoints.connect(to: "public/qmgr")
        defer { qmgr.close() }
        qmgr.send(LiveQueueQuery())
        var listed: Set<QueueID> = []
        while true {
            let (rows, _) = try await qmgr.receive(LiveQueueRows.self, within: Self.patience)
            for row in rows.rows {
                listed.insert(row.queueID)
                encoder.append(row)
            }
            try await channel.writeAndFlush(encoder.take()).get()
            if rows.last { return listed }
        }
    }

    private func listIndex(_ encoder: inout ListingEncoder, except live: Set<QueueID>) async throws {
        let pages = pages
        while let page = try await NIOThreadPool.singleton.runIfActive({ try pages.next() }) {
            for part in page where !live.contains(part.message.queueID) {
                encoder.append(part.message, isFirst: part.isFirst, isLast: part.isLast)
            }
            try await channel.writeAndFlush(encoder.take()).get()
        }
    }
}
