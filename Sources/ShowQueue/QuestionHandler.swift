internal import DaemonKit
internal import Mail
internal import NIOCore
internal import Wire

/// Waits for what a client wants: the suite's own ask as soon as they are connected; those that speak Postfix's protocol say nothing
/// and want the whole queue.
///
/// *Failure:* anything that is no question closes the connection.
final class QuestionHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias Ready = @EventLoopActor (any Channel, QueueQuestion?) -> Void
    /// The suite's own clients have spoken by then: they do it before we accept.
    private static let silence = TimeAmount.milliseconds(10)
    /// For the rest of a question that has begun.
    private static let patience = TimeAmount.seconds(10)

    private let ready: Ready
    private var bytes = ByteBuffer()
    private var timer: Scheduled<Void>?
    private var isReady = false

    init(_ ready: @escaping Ready) { self.ready = ready }

    func channelActive(context: ChannelHandlerContext) { wait(Self.silence, context) }

    private func wait(_ limit: TimeAmount, _ context: ChannelHandlerContext) {
        timer?.cancel()
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(in: limit) {
            let (handler, context) = bound.value
            if handler.bytes.readableBytes == 0 { handler.finish(nil, context) } else { context.close(promise: nil) }
        }
    }

    private func finish(_ question: QueueQuestion?, _ context: ChannelHandlerContext) {
        guard !isReady else { return }
        isReady = true
        timer?.cancel()
        let channel = context.channel
        let ready = ready
        EventLoopActor.assumeOnLoop { ready(channel, question) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isReady else { return }
        var part = unwrapInboundIn(data)
        if bytes.readableBytes == 0 { wait(Self.patience, context) }
        bytes.writeBuffer(&part)
        do throws(DecodingFailure) {
            guard let head = bytes.getBytes(at: bytes.readerIndex, length: WireFrameHeader.length) else { return }
            let header = try WireFrameHeader(decoding: head)
            guard
                let message = bytes.getBytes(
                    at: bytes.readerIndex + WireFrameHeader.length, length: Int(header.messageLength))
            else { return }
            finish(try QueueQuestion(header: header, message: message), context)
        } catch {
            context.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) { timer?.cancel() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
