internal import Glibc
internal import MailLog
package import NIOCore
package import NIOPosix

/// Serving a listening socket that master opened and others share.
extension ServerBootstrap {
    /// Accepts on an inherited descriptor. NIO's `withBoundSocket` resets the backlog to 128, so it is set again; an accept
    /// that fails for want of descriptors or memory is repeated after a pause, not at once.
    @EventLoopActor
    package func serve(inherited descriptor: Int32) async throws -> any Channel {
        let channel = try await serverChannelInitializer { channel in
            channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(AcceptBackOff()) }
        }.withBoundSocket(descriptor).value()
        listen(descriptor, listenBacklog)
        return channel
    }
}

/// As master opens its sockets; the kernel cuts it to net.core.somaxconn.
private let listenBacklog: Int32 = 4096

/// Stops accepting for a second when the process has no descriptors left (EMFILE, ENFILE, ENOBUFS, ENOMEM): NIO would try again
/// at once, and for ever.
final class AcceptBackOff: ChannelInboundHandler {
    typealias InboundIn = any Channel
    static let pause: TimeAmount = .seconds(1)

    private var isPausing = false

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? IOError, [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(error.errnoCode) else {
            context.fireErrorCaught(error)
            return
        }
        guard !isPausing else { return }
        isPausing = true
        Log.warning("accept: \(error); no new connection for \(Self.pause.nanoseconds / 1_000_000_000) s")
        let channel = context.channel
        let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
        channel.setOption(.autoRead, value: false).whenComplete { _ in
            channel.eventLoop.scheduleTask(in: Self.pause) {
                handler.value.isPausing = false
                channel.setOption(.autoRead, value: true).whenFailure { _ in channel.close(promise: nil) }
            }
        }
    }
}
