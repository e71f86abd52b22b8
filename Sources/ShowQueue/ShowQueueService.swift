package import DaemonKit
internal import NIOCore
internal import NIOPosix
internal import Spool

/// showq(8): lists the queue for mailq, postqueue and monitoring, in Postfix's protocol.
///
/// *Failure:* see ``ListingSession``.
package final class ShowQueueService: DaemonService {
    private let directory: SpoolDirectory
    private var listeners: [any Channel] = []
    private var sessions = 0
    private var isStopping = false
    private var stopped: CheckedContinuation<Void, Never>?

    private init(_ directory: SpoolDirectory) { self.directory = directory }

    package nonisolated static func make(_ startup: Startup) -> @Sendable @EventLoopActor () -> any DaemonService {
        let path = startup.queueDirectory
        return { ShowQueueService(SpoolDirectory(path: path)) }
    }

    package func start(_ context: DaemonContext) async throws {}

    package func listen(on descriptor: Int32) async throws {
        let channel = try await ServerBootstrap(group: EventLoopActor.group)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        AcceptHandler { [weak self] channel in self?.accepted(channel) })
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

    private func accepted(_ channel: any Channel) {
        sessions += 1
        Task { @EventLoopActor in
            await ListingSession(channel, pages: IndexPages(directory: directory)).run()
            sessions -= 1
            guard isStopping, sessions == 0, let waiting = stopped else { return }
            stopped = nil
            waiting.resume()
        }
    }
}

/// Hands out a channel once it can be written to.
private final class AcceptHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let accept: @EventLoopActor (any Channel) -> Void

    init(accept: @escaping @EventLoopActor (any Channel) -> Void) { self.accept = accept }

    func channelActive(context: ChannelHandlerContext) {
        let channel = context.channel
        let accept = accept
        EventLoopActor.assumeOnLoop { accept(channel) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
