internal import DaemonKit
internal import NIOCore

/// Stops accepting while the process has as many sessions as it may have, so that a neighbour gets the next client.
final class AcceptGate: ChannelOutboundHandler {
    typealias OutboundIn = any Channel

    private let isOpen: @EventLoopActor () -> Bool
    private var context: ChannelHandlerContext?
    private var isHeld = false

    init(isOpen: @escaping @EventLoopActor () -> Bool) { self.isOpen = isOpen }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func read(context: ChannelHandlerContext) {
        let isOpen = isOpen
        if EventLoopActor.assumeOnLoop({ isOpen() }) {
            context.read()
        } else {
            isHeld = true
        }
    }

    /// A session has ended.
    func retry() {
        guard isHeld, let context else { return }
        isHeld = false
        read(context: context)
    }
}
