internal import Configuration
package import DaemonKit
internal import Mail
internal import MailLog
internal import Platform
internal import Routing
internal import Spool

/// qmgr(8): takes arrived mail, hands it to delivery agents, and keeps what is to be tried again.
///
/// *Failure:* one that cannot open the queue ends with the reason in the log; master starts it again. What it had in hand is taken up
/// from segments, journal and index.
package final class QueueManagerService: DaemonService {
    private let manager: QueueManager

    private init(_ manager: QueueManager) { self.manager = manager }

    package nonisolated static func make(
        _ startup: Startup
    ) throws(StartupError) -> @Sendable @EventLoopActor () -> any DaemonService {
        let services: MasterFile
        let addresses: AddressResolver
        do throws(ConfigurationError) {
            services = try MasterFile.load(directory: startup.configuration.directory)
            addresses = try AddressResolver(startup.configuration) { Log.warning($0) }
        } catch {
            throw StartupError(error.description)
        }
        let settings = try QueueManagerSettings(startup, processLimits: limits(services))
        let presence = try AgentPresence.open(startup)
        let directory = SpoolDirectory(path: startup.queueDirectory)
        var index = LMDBIndex.Options()
        index.breadcrumb = startup.breadcrumb
        if startup.rebuildsIndex { try demandRebuild(directory) }
        let options = index
        return {
            QueueManagerService(
                QueueManager(settings: settings, resolver: RoutingResolver(addresses: addresses), census: presence) {
                    () throws(StoreError) in
                    try QueueStore.open(
                        directory: directory, fileSystem: POSIXFileSystem(),
                        index: LMDBIndex(directory: directory.index, options: options),
                        time: SystemTime(), entropy: SystemEntropy())
                })
        }
    }

    /// The maxproc column by service; zero means no limit. Those that leave it open have default_process_limit.
    private nonisolated static func limits(_ file: MasterFile) -> [String: Int] {
        var limits: [String: Int] = [:]
        for service in file.services where service.kind == .unix {
            switch service.processLimit {
            case .standard: break
            case .none: limits[service.name] = 0
            case .limit(let count): limits[service.name] = count
            }
        }
        return limits
    }

    /// Under the queue's lock the index is built anew, before it is looked at.
    private nonisolated static func demandRebuild(_ directory: SpoolDirectory) throws(StartupError) {
        do throws(SystemError) {
            try POSIXFileSystem().open(directory.rebuildMark, .createOrOpen(permissions: 0o600)).close()
        } catch {
            throw StartupError(error.description)
        }
    }

    package func start(_ context: DaemonContext) async throws {
        manager.onHeld = { context.tellHeld($0.description) }
        context.onHold = { [manager] text in if let id = QueueID(text) { manager.holdWhenMet(id) } }
        manager.begin(
            crashing: context.startup.heldMessages.compactMap { QueueID($0) }, breadcrumb: context.startup.breadcrumb
        ) { context.fail($0) }
    }

    package func listen(on descriptor: Int32) async throws { try await manager.serve(on: descriptor) }

    package func stop() async { await manager.end() }

    /// There is always a queue to look after.
    package var isIdle: Bool { false }
}
