internal import Glibc
internal import Mail
internal import NIOCore
internal import Wire

/// Cuts the byte stream of a connection into frames.
///
/// *Failure:* a malformed header or an error closes the connection; the ``WireConnection`` is told why.
final class WireHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let connection: WireConnection
    private var buffered = ByteBuffer()
    private var header: WireFrameHeader?

    private let onActive: (@EventLoopActor (WireConnection) -> Void)?

    /// - Parameter onActive: called once the channel can be written to; a child of a server is initialised before that.
    init(connection: WireConnection, onActive: (@EventLoopActor (WireConnection) -> Void)? = nil) {
        self.connection = connection
        self.onActive = onActive
    }

    func channelActive(context: ChannelHandlerContext) {
        guard let onActive else { return }
        let connection = connection
        EventLoopActor.assumeOnLoop { onActive(connection) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        if buffered.readableBytes == 0 { buffered = bytes } else { buffered.writeBuffer(&bytes) }
        let connection = connection
        do {
            while let frame = try nextFrame() {
                EventLoopActor.assumeOnLoop { connection.received(frame) }
            }
        } catch {
            end(.malformed("\(error)"))
            context.close(promise: nil)
        }
    }

    private func nextFrame() throws(DecodingFailure) -> WireFrame? {
        if header == nil {
            guard let bytes = buffered.readBytes(length: WireFrameHeader.length) else { return nil }
            header = try WireFrameHeader(decoding: bytes)
        }
        guard let header else { return nil }
        let whole = Int(header.messageLength) + Int(header.payloadLength)
        guard buffered.readableBytes >= whole, let message = buffered.readBytes(length: Int(header.messageLength)),
            let payload = buffered.readSlice(length: Int(header.payloadLength))
        else {
            buffered.reserveCapacity(minimumWritableBytes: max(0, whole - buffered.readableBytes))
            return nil
        }
        self.header = nil
        if buffered.readableBytes == 0 { buffered = ByteBuffer() }
        return WireFrame(header: header, message: message, payload: payload)
    }

    func channelInactive(context: ChannelHandlerContext) { end(.closed) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let connection = connection
        if let error = error as? IOError, error.errnoCode == ECONNRESET || error.errnoCode == EPIPE {
            EventLoopActor.assumeOnLoop { connection.wasReset = true }
        }
        end(.closed)
        context.close(promise: nil)
    }

    private func end(_ reason: WireFailure) {
        let connection = connection
        EventLoopActor.assumeOnLoop { connection.ended(reason) }
    }
}
