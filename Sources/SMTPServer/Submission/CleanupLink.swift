internal import DaemonKit
internal import Mail
internal import NIOCore
internal import Wire

/// A connection to cleanup that carries one message at a time.
///
/// *Failure:* a connection that ends before the answer gives ``Outcome/lost``: the message may have been stored or not, so the
/// client is told to come again (a duplicate is possible, a loss is not).
@EventLoopActor
final class CleanupLink {
    enum Outcome {
        case answered(SubmissionResult)
        /// It may have been stored or not.
        case lost
        /// cleanup closed the connection without having read the message.
        case notRead
    }

    private let connection: WireConnection
    private unowned let pool: CleanupPool
    private var completion: ((Outcome) -> Void)?
    private var isStreaming = false
    /// cleanup has said that it takes nothing more here.
    private var wasRetired = false
    /// Monotonic nanoseconds since when nobody uses it.
    var idleSince: UInt64 = 0

    init(_ connection: WireConnection, pool: CleanupPool) {
        self.connection = connection
        self.pool = pool
        connection.onFrame = { [weak self] frame in self?.received(frame) }
        connection.onClose = { [weak self] in self?.closed() }
    }

    var isOpen: Bool { connection.isOpen }

    /// Hands over a whole message.
    func submit(_ submission: Submission, _ content: ByteBuffer, _ completion: @escaping (Outcome) -> Void) {
        begin(completion)
        connection.send(submission, payload: content)
        if !connection.isOpen { closed() }
    }

    /// Begins a message whose content follows in parts. The answer may come before the end, when cleanup refuses.
    func stream(_ submission: Submission, _ completion: @escaping (Outcome) -> Void) {
        begin(completion)
        isStreaming = true
        connection.send(submission)
        if !connection.isOpen { closed() }
    }

    func sendPart(_ content: ByteBuffer) {
        var rest = content
        while rest.readableBytes > 0,
            let part = rest.readSlice(length: min(rest.readableBytes, Int(WireFrameHeader.maximumPayload)))
        {
            connection.send(ContentChunk(), payload: part)
        }
    }

    func endStream() {
        isStreaming = false
        connection.send(ContentEnd(complete: true))
    }

    /// Whether cleanup takes more; if not, `resume` is called when what was sent has left.
    func takesMore(resume: @escaping () -> Void) -> Bool {
        if connection.channel.isWritable || !connection.isOpen { return true }
        Task { @EventLoopActor in
            try? await connection.drain()
            resume()
        }
        return false
    }

    /// The client is gone, or the message is not wanted any more: the end of the connection says so.
    func abandon() {
        completion = nil
        connection.close()
    }

    func close() { connection.close() }

    private func begin(_ completion: @escaping (Outcome) -> Void) {
        precondition(self.completion == nil, "two messages on one connection")
        self.completion = completion
    }

    private func received(_ frame: WireFrame) {
        if frame.isA(SubmissionsEnd.self) {
            wasRetired = true
            return connection.close()
        }
        guard let completion, let result = try? frame.decode(SubmissionResult.self) else { return connection.close() }
        self.completion = nil
        if isStreaming {
            // Refused before the end of the content: the rest goes nowhere.
            connection.close()
        } else {
            pool.giveBack(self)
        }
        completion(.answered(result))
    }

    private func closed() {
        pool.forget(self)
        guard let completion else { return }
        self.completion = nil
        completion((connection.wasReset || wasRetired) && !isStreaming ? .notRead : .lost)
    }
}
