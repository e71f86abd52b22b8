internal import DaemonKit
internal import NIOCore
internal import SMTPProtocol

/// A connection to a server: the socket, the framing of replies, and the session that says what they mean.
///
/// Whoever uses it at the moment (a delivery, or the pool of idle ones) is told of each step through ``onStep``.
/// *Failure:* whatever ends the connection arrives as the session's step, exactly once.
@EventLoopActor
final class SMTPConnection {
    /// Octets of one line of a reply that are looked at (line_length_limit).
    private static let lineLimit = 2048

    let host: MailHost
    /// `host[address]:port`, as in the log.
    let relay: String
    /// Of the hosts that were found for its next hop none is preferred to this one.
    let isBest: Bool
    /// There was no other host, nor a fallback relay.
    let isOnly: Bool
    let opened = NIODeadline.now()
    var onStep: (ClientStep, SMTPConnection) -> Void
    private let channel: any Channel
    private let times: SMTPClientSettings.TimeLimits
    private var session: SMTPClientSession
    private var scanner = LineScanner(limit: SMTPConnection.lineLimit)
    private var parser = SMTPReplyParser()
    private var buffer = ByteBuffer()
    private(set) var isOpen = true
    /// When the patience with the server, or with being idle, ends.
    private(set) var deadline: NIODeadline

    init(
        channel: any Channel, host: MailHost, relay: String, isBest: Bool, isOnly: Bool, session: SMTPClientSession,
        times: SMTPClientSettings.TimeLimits, onStep: @escaping (ClientStep, SMTPConnection) -> Void
    ) {
        self.channel = channel
        self.host = host
        self.relay = relay
        self.isBest = isBest
        self.isOnly = isOnly
        self.session = session
        self.times = times
        self.onStep = onStep
        deadline = .now() + times.helo
    }

    var features: PeerFeatures { session.features }
    var peer: PeerName { session.peer }
    var uses: Int { session.uses }
    var isReady: Bool { isOpen && session.isReady }

    // MARK: What the user does

    func begin(_ transaction: ClientTransaction) { take(session.begin(transaction)) }

    /// Writes content; ``contentEnded()`` follows the last part.
    func write(content: ByteBuffer) {
        deadline = .now() + times.dataXfer
        channel.writeAndFlush(content, promise: nil)
    }

    /// The same; `done` is called when the kernel has taken it, not at all when the connection broke.
    func write(content: ByteBuffer, then done: @escaping @Sendable @EventLoopActor () -> Void) {
        deadline = .now() + times.dataXfer
        channel.writeAndFlush(content).whenSuccess { EventLoopActor.assumeOnLoop { done() } }
    }

    func contentEnded() { take(session.contentEnded()) }

    /// The content cannot be had: its end must not be sent.
    func contentFailed() {
        isOpen = false
        channel.close(promise: nil)
        take(session.fail(.localData))
    }

    func allocate(_ capacity: Int) -> ByteBuffer { channel.allocator.buffer(capacity: capacity) }

    /// Nothing is owed; the connection waits for another use.
    func idle(until deadline: NIODeadline) { self.deadline = deadline }

    /// Says goodbye, if that is still possible, and closes.
    /// - Parameter patience: how long to wait for the answer; nil: not at all.
    func quit(waiting patience: TimeAmount?) {
        guard isOpen else { return }
        guard let bytes = session.quit() else { return close() }
        write(bytes)
        guard let patience else { return close() }
        onStep = { _, _ in }
        deadline = .now() + patience
    }

    func close() {
        guard isOpen else { return }
        isOpen = false
        channel.close(promise: nil)
    }

    // MARK: What happens to it

    func received(_ bytes: ByteBuffer) {
        guard isOpen else { return }
        if buffer.readableBytes == 0 {
            buffer = bytes
        } else {
            var bytes = bytes
            buffer.writeBuffer(&bytes)
        }
        while isOpen {
            let progress: SMTPReplyParser.Progress
            switch scanner.next(buffer.readableBytesUInt8Span) {
            case .incomplete(let discard):
                buffer.moveReaderIndex(forwardBy: discard)
                return
            case .line(let length, let consumed):
                progress = parser.receive(buffer.readableBytesView.prefix(length))
                buffer.moveReaderIndex(forwardBy: consumed)
            case .overlong(let beginning, let consumed):
                progress = parser.receive(beginning)
                buffer.moveReaderIndex(forwardBy: consumed)
            }
            switch progress {
            case .incomplete: break
            case .reply(let reply): take(session.receive(reply))
            case .malformed(let words): fail(.malformed(words))
            }
        }
    }

    /// The channel is gone.
    func ended() {
        guard isOpen else { return }
        isOpen = false
        take(session.fail(.closed))
    }

    func checkDeadline(_ now: NIODeadline) {
        if isOpen, deadline <= now { fail(.timedOut) }
    }

    private func fail(_ failure: StreamFailure) {
        isOpen = false
        channel.close(promise: nil)
        take(session.fail(failure))
    }

    private func take(_ step: ClientStep) {
        var step = step
        if case .send(let bytes) = step.action {
            write(bytes)
            step.action = .wait
        }
        if let wait = session.wait { deadline = .now() + times.limit(wait) }
        if case .wait = step.action, step.verdicts.isEmpty { return }
        onStep(step, self)
    }

    private func write(_ bytes: [UInt8]) {
        channel.writeAndFlush(channel.allocator.buffer(bytes: bytes), promise: nil)
    }
}

/// Hands what arrives on a channel to its connection.
final class SMTPConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let connection: SMTPConnection

    init(_ connection: SMTPConnection) { self.connection = connection }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let connection = connection
        let bytes = unwrapInboundIn(data)
        EventLoopActor.assumeOnLoop { connection.received(bytes) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        let connection = connection
        EventLoopActor.assumeOnLoop { connection.ended() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
