internal import DaemonKit
internal import NIOCore

/// Ties a channel to its ``ClientSession``: events in, permission to read out.
final class SessionHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let session: ClientSession

    init(session: ClientSession) { self.session = session }

    func channelActive(context: ChannelHandlerContext) {
        let session = session
        EventLoopActor.assumeOnLoop { session.start() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        let session = session
        EventLoopActor.assumeOnLoop { session.received(bytes) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        let session = session
        EventLoopActor.assumeOnLoop { session.process() }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        let session = session
        EventLoopActor.assumeOnLoop { session.writabilityChanged() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard let event = event as? ChannelEvent, event == .inputClosed else { return }
        let session = session
        EventLoopActor.assumeOnLoop { session.inputClosed() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        let session = session
        EventLoopActor.assumeOnLoop { session.disconnected() }
    }

    /// A reset by the client is its end, not trouble of ours.
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func read(context: ChannelHandlerContext) {
        let session = session
        if EventLoopActor.assumeOnLoop({ session.mayRead() }) { context.read() }
    }
}
