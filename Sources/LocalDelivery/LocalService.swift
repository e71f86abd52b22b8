internal import Configuration
package import DaemonKit
internal import Mail
internal import MailLog
internal import NIOCore
internal import NIOPosix
internal import Platform
internal import Spool
internal import Wire

/// local(8): delivers to this host's users. A small parent that opens no user's file: deliverers do, one for each user.
///
/// *Failure:* what cannot be done now is deferred; a content that cannot be read leaves its recipients in the queue.
package final class LocalService: DaemonService {
    /// Name service look-ups, program starts and :include: owners at once.
    private static let threads = 4

    private let settings: LocalSettings
    private let time: any TimeSource
    private let pool = NIOThreadPool(numberOfThreads: threads)
    private let reader: ContentReader
    private let accounts: AccountCache
    private let deliverers: DelivererPool
    private let forwarding: Forwarding
    private let partial = PartialDeliveries()
    private var agent: DeliveryAgent?

    package convenience init(settings: LocalSettings, startup: Startup, presence: AgentPresence) {
        self.init(
            settings: settings, lease: startup.lease, presence: presence,
            configurationDirectory: startup.configuration.directory, spool: "", cleanup: "public/cleanup")
    }

    /// - Parameters:
    ///   - spool: queue_directory; empty when it is the process's directory.
    ///   - cleanup: path of cleanup's socket.
    init(
        settings: LocalSettings, lease: UInt64, presence: AgentPresence? = nil, configurationDirectory: String, spool: String,
        cleanup: String
    ) {
        self.settings = settings
        time = SystemTime()
        reader = ContentReader(queueDirectory: spool, fileSystem: POSIXFileSystem())
        accounts = AccountCache(pool: pool, time: time)
        deliverers = DelivererPool(settings: settings, configurationDirectory: configurationDirectory, pool: pool)
        forwarding = Forwarding(
            settings: settings, lease: lease, cleanup: CleanupClient(path: cleanup, timeLimit: settings.ipcTimeout), time: time)
        agent = DeliveryAgent(service: settings.service, lease: lease, presence: presence) { [weak self] delivery in
            Task { await self?.deliver(delivery) }
        }
    }

    package func start(_ context: DaemonContext) async throws { pool.start() }

    package func listen(on descriptor: Int32) async throws { try await agent?.listen(on: descriptor) }

    package func stop() async {
        await agent?.stop()
        deliverers.close()
    }

    package var isIdle: Bool { agent?.isIdle ?? true }

    private func deliver(_ delivery: Delivery) async {
        let request = delivery.request
        reader.retire(request.retiredFiles)
        let content: MessageContent
        do throws(ContentError) {
            content = try MessageContent(request.content, reader: reader)
        } catch {
            return cannotRead(delivery, error)
        }
        let sources = UserFiles(
            settings: settings, accounts: accounts, deliverers: deliverers, pool: pool, queueID: request.envelope.queueID)
        for recipient in request.recipients {
            let one = RecipientDelivery(
                settings: settings, sources: sources, deliverers: deliverers, forwarding: forwarding, content: content,
                delivery: delivery, recipient: recipient, time: time)
            await one.run(partial)
        }
        delivery.finish()
    }

    /// A file that is gone is asked for again; damage is said for each recipient.
    private func cannotRead(_ delivery: Delivery, _ error: ContentError) {
        Log.warning("\(delivery.request.envelope.queueID): \(error)")
        if case .damaged = error {
            let status = DeliveryStatus(.deferred, EnhancedStatus(.temporary, 3, 0), "the message's content is damaged")
            for recipient in delivery.request.recipients { delivery.report(recipient, status, relay: settings.service) }
        }
        delivery.finish()
    }
}
