package import Mail
package import NIOCore
package import Wire

/// A frame as it came: the message still encoded, the payload as bytes.
package struct WireFrame: Sendable {
    package var header: WireFrameHeader
    package var message: [UInt8]
    package var payload: ByteBuffer

    /// - Throws: when it is another message, or not one at all: the caller closes the connection.
    package func decode<M: WireMessage>(_ type: M.Type = M.self) throws(DecodingFailure) -> M {
        try M(header: header, message: message)
    }

    package func isA<M: WireMessage>(_ type: M.Type) -> Bool { header.kind == M.kind.code }
}

/// Why nothing more comes.
package enum WireFailure: Error, Equatable, Sendable {
    case closed
    case deadline
    case malformed(String)
}

/// A connection to another program of the suite, used on the event loop only.
///
/// Frames are taken either by ``receive(within:)`` or, when set, by `onFrame`. Writes are buffered and flushed at once.
/// *Failure:* after an end of file, an error or a malformed frame `receive` throws and `onClose` is called once.
@EventLoopActor
package final class WireConnection {
    package let channel: any Channel
    /// Who is at the other end of a connection that was accepted or adopted.
    package internal(set) var peer: PeerCredentials?
    /// Called for each frame instead of queueing it for `receive`.
    package var onFrame: ((WireFrame) -> Void)? { didSet { deliverQueued() } }
    /// Called once when the connection is over, at once if it is over already.
    package var onClose: (() -> Void)? { didSet { if failure != nil { onClose?() } } }
    private var queue: [WireFrame] = []
    private var waiter: CheckedContinuation<WireFrame, any Error>?
    private var deadline: Scheduled<Void>?
    private var failure: WireFailure?
    /// The peer closed without having read everything that was sent to it: it never saw the last message as a whole.
    package internal(set) var wasReset = false

    init(channel: any Channel) { self.channel = channel }

    package var isOpen: Bool { failure == nil }

    /// Like ``send(_:payload:)``, but left in the buffer until the next `send` or ``flush()``: one system call for several.
    package func enqueue(_ message: some WireMessage) {
        guard isOpen else { return }
        channel.write(encoded(message, payloadLength: 0), promise: nil)
    }

    package func flush() { channel.flush() }

    private func encoded(_ message: some WireMessage, payloadLength: Int) -> ByteBuffer {
        let bytes = message.frame(payloadLength: payloadLength)
        var buffer = channel.allocator.buffer(capacity: bytes.count)
        buffer.writeBytes(bytes)
        return buffer
    }

    package func send(_ message: some WireMessage, payload: ByteBuffer? = nil) {
        guard isOpen else { return }
        let buffer = encoded(message, payloadLength: payload?.readableBytes ?? 0)
        if let payload, payload.readableBytes > 0 {
            channel.write(buffer, promise: nil)
            channel.writeAndFlush(payload, promise: nil)
        } else {
            channel.writeAndFlush(buffer, promise: nil)
        }
    }

    /// Completes when what was sent so far has been given to the kernel (flow control for streams).
    package func drain() async throws {
        try await channel.writeAndFlush(ByteBuffer()).value()
    }

    /// The next frame. One caller at a time.
    package func receive(within limit: Duration) async throws(WireFailure) -> WireFrame {
        if !queue.isEmpty { return queue.removeFirst() }
        if let failure { throw failure }
        precondition(waiter == nil, "two tasks receive from one connection")
        deadline = EventLoopActor.loop.scheduleTask(in: TimeAmount(limit)) { [weak self] in
            EventLoopActor.assumeOnLoop { self?.timedOut() }
        }
        do {
            return try await withCheckedThrowingContinuation { waiter = $0 }
        } catch let error as WireFailure {
            throw error
        } catch {
            throw .closed
        }
    }

    /// The next frame, decoded.
    package func receive<M: WireMessage>(_ type: M.Type, within limit: Duration) async throws(WireFailure) -> (M, ByteBuffer) {
        let frame = try await receive(within: limit)
        do {
            return (try frame.decode(type), frame.payload)
        } catch {
            close()
            throw .malformed(error.description)
        }
    }

    package func close() { channel.close(promise: nil) }

    func received(_ frame: WireFrame) {
        if let onFrame {
            onFrame(frame)
        } else if let waiter {
            self.waiter = nil
            deadline?.cancel()
            waiter.resume(returning: frame)
        } else {
            queue.append(frame)
        }
    }

    func ended(_ reason: WireFailure) {
        guard failure == nil else { return }
        failure = reason
        deadline?.cancel()
        if let waiter {
            self.waiter = nil
            waiter.resume(throwing: reason)
        }
        onClose?()
    }

    private func timedOut() {
        guard let waiter else { return }
        self.waiter = nil
        waiter.resume(throwing: WireFailure.deadline)
    }

    private func deliverQueued() {
        guard let onFrame else { return }
        let frames = queue
        queue = []
        for frame in frames { onFrame(frame) }
    }
}
