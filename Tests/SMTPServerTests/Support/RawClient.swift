import DaemonKit
import NIOCore
import NIOPosix
import SMTPProtocol

struct Overdue: Error {}

/// A client that says exactly the octets it is given.
@EventLoopActor
final class RawClient {
    static let deadline: TimeAmount = .seconds(20)

    private let channel: any Channel
    private var input: [UInt8] = []
    private var scanner = LineScanner(limit: 4096)
    private var isClosed = false
    private var waiter: CheckedContinuation<Void, Never>?
    let port: Int

    init(host: String = "127.0.0.1", port: Int, reads: Bool = true) async throws {
        let box = Box()
        channel = try await ClientBootstrap(group: EventLoopActor.group)
            .channelOption(.autoRead, value: reads)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Collector(box: box)) }
            }
            .connect(host: host, port: port).value()
        self.port = channel.localAddress?.port ?? 0
        box.client = self
        take(box.early)
        if box.closed { closed() }
    }

    func send(_ text: String) { send(Array(text.utf8)) }
    func send(_ bytes: [UInt8]) { channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil) }
    func close() { channel.close(promise: nil) }
    func closeOutput() { channel.close(mode: .output, promise: nil) }
    var isWritable: Bool { channel.isWritable }

    /// The next reply; nil at the end of the connection.
    func reply() async throws -> SMTPReply? {
        var parser = SMTPReplyParser()
        while true {
            switch scanner.next(input.span) {
            case .line(let length, let consumed):
                let progress = parser.receive(input[..<length])
                input.removeFirst(consumed)
                if case .reply(let reply) = progress { return reply }
            case .overlong, .incomplete:
                if isClosed { return nil }
                try await more()
            }
        }
    }

    /// Sends a command and gives the text of its reply.
    func say(_ command: String) async throws -> String {
        send(command + "\r\n")
        return try await reply()?.description ?? ""
    }

    /// Whether the other side has closed, without another word.
    func seesEnd() async throws -> Bool { try await reply() == nil }

    private func more() async throws {
        let timer = EventLoopActor.loop.scheduleTask(in: Self.deadline) {
            EventLoopActor.assumeOnLoop {
                self.overdue = true
                self.wake()
            }
        }
        await withCheckedContinuation { waiter = $0 }
        timer.cancel()
        if overdue { throw Overdue() }
    }
    private var overdue = false

    private func wake() {
        waiter?.resume()
        waiter = nil
    }

    fileprivate func take(_ bytes: [UInt8]) {
        input += bytes
        wake()
    }

    fileprivate func closed() {
        isClosed = true
        wake()
    }

    /// Carries what comes before the client object exists.
    final class Box: @unchecked Sendable {
        weak var client: RawClient?
        var early: [UInt8] = []
        var closed = false
    }

    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        let box: Box
        init(box: Box) { self.box = box }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = Array(unwrapInboundIn(data).readableBytesView)
            let box = box
            EventLoopActor.assumeOnLoop {
                if let client = box.client { client.take(bytes) } else { box.early += bytes }
            }
        }

        func channelInactive(context: ChannelHandlerContext) {
            let box = box
            EventLoopActor.assumeOnLoop {
                box.closed = true
                box.client?.closed()
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
