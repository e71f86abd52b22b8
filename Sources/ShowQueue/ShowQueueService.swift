internal import Configuration
package import DaemonKit
internal import NIOCore
internal import NIOPosix
internal import Spool
internal import Wire

/// showq(8): lists the queue for mailq, postqueue and monitoring, in Postfix's protocol.
///
/// *Failure:* see ``ListingSession``.
package final class ShowQueueService: DaemonService {
    private let directory: SpoolDirectory
    private var listeners: [any Channel] = []
    private var sessions = 0
    private var isStopping = false
    private var stopped: CheckedContinuation<Void, Never>?

    private let settings: ShowQueueSettings

    private init(_ directory: SpoolDirectory, _ settings: ShowQueueSettings) {
        self.directory = directory
        self.settings = settings
    }

    package nonisolated static func make(
        _ startup: Startup
    ) throws(StartupError) -> @Sendable @EventLoopActor () -> any DaemonService {
        let settings: ShowQueueSettings
        do throws(ConfigurationError) {
            settings = try ShowQueueSettings(startup.configuration)
        } catch {
            throw StartupError(error.description)
        }
        let path = startup.queueDirectory
        return { ShowQueueService(SpoolDirectory(path: path), settings) }
    }

    package func start(_ context: DaemonContext) async throws {}

    package func listen(on descriptor: Int32) async throws {
        let channel = try await ServerBootstrap(group: EventLoopActor.group)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        QuestionHandler { [weak self] channel, question in self?.accepted(channel, question) })
                }
            }
            .serve(inherited: descriptor)
        listeners.append(channel)
    }

    package var isIdle: Bool { sessions == 0 }

    package func stop() async {
        isStopping = true
        for listener in listeners { listener.close(promise: nil) }
        if sessions > 0 { await withCheckedContinuation { stopped = $0 } }
    }

    private func accepted(_ channel: any Channel, _ question: QueueQuestion?) {
        sessions += 1
        Task { @EventLoopActor in
            await ListingSession(channel, directory: directory, settings: settings).run(question)
            sessions -= 1
            guard isStopping, sessions == 0, let waiting = stopped else { return }
            stopped = nil
            waiting.resume()
        }
    }
}
