internal import DaemonKit
internal import Mail
internal import MailLog
internal import NIOCore
internal import Platform
internal import SMTPProtocol

/// One client: bytes in, bytes out, and between them ``SMTPServerSession``, which knows the order, and ``Policy``, which knows the
/// rules. Driven by its channel's events; nothing here blocks: what must be waited for is a ``Wait``, during which no command is taken.
///
/// *Failure:* the client's end, a time-out or too many errors end the session with Postfix's log line; a message that was not
/// answered by then was not acknowledged. Whatever the suite cannot do is answered 451.
@EventLoopActor
final class ClientSession {
    /// Why no command is taken now.
    enum Wait {
        /// The client's name is being looked up; the banner has not been sent.
        case name
        /// A reply is held back (smtpd_error_sleep_time, in_flow_delay).
        case delay
        /// cleanup has the message.
        case submission
        /// cleanup does not take more of a large message yet, or is not connected yet.
        case flow
        /// The client does not read our replies.
        case output
    }

    enum Phase {
        case commands
        case content(ContentTransfer)
        case closed
    }

    /// Input that may be waiting while no command is taken; beyond it the client is not read.
    private static let inputLimit = 65_536

    unowned let server: SMTPServer
    let channel: any Channel
    var peer: ClientPeer
    var machine: SMTPServerSession
    var phase = Phase.commands
    private(set) var wait: Wait? = .name
    /// What belongs to the transaction beside sender and recipients; made and dropped together with the machine's transaction.
    var mail: MailContext?
    var improperPipelining = false
    /// Monotonic nanoseconds at which the client or cleanup must have said something.
    private(set) var deadline: UInt64 = .max

    private var scanner: LineScanner
    private var input = ByteBuffer()
    private var output: ByteBuffer
    private var isReadHeld = false
    private var isInputClosed = false
    private var isEnding = false
    /// Monotonic nanoseconds: when it was asked to end, and when the client last said something.
    private var endingSince: UInt64 = 0
    private var lastHeard: UInt64 = 0
    /// A client between two transactions that says nothing for so long is idle; one that is never idle has so long.
    private static let idleness: UInt64 = 2_000_000_000
    private static let busyness: UInt64 = 30_000_000_000

    init(channel: any Channel, peer: ClientPeer, server: SMTPServer) {
        self.channel = channel
        self.peer = peer
        self.server = server
        machine = SMTPServerSession(limits: server.mood.limits)
        scanner = LineScanner(limit: server.settings.lineLength)
        output = channel.allocator.buffer(capacity: 256)
    }

    var isClosed: Bool {
        if case .closed = phase { true } else { false }
    }

    // MARK: - Begin

    /// The connection stands: finds the name, then greets.
    func start() {
        touch()
        guard server.admits(self) else {
            Log.info("connect from " + peer.text)
            resumeTaking()
            return close(saying: .servedAlone(server.settings.limits.hostname))
        }
        guard server.settings.looksUpNames, let address = peer.address else { return greet() }
        if let name = server.names.known(address) {
            peer.rename(name)
            return greet()
        }
        Task { @EventLoopActor in
            let name = await server.names.find(address)
            if isClosed { return }
            peer.rename(name)
            greet()
            process()
        }
    }

    private func greet() {
        Log.info("connect from " + peer.text)
        resumeTaking()
        if server.isStopping, server.isHurried { return close(saying: .shuttingDown(server.settings.limits.hostname)) }
        if let refusal = judgeConnection() { return close(saying: refusal) }
        output.writeImmutableBuffer(server.greeting)
        flush()
    }

    // MARK: - The channel's events

    func received(_ bytes: ByteBuffer) {
        if isClosed { return }
        touch()
        if input.readableBytes == 0 {
            input = bytes
        } else {
            input.writeImmutableBuffer(bytes)
        }
    }

    /// Whether the channel may read more now. If not, it is told later (``process()``).
    func mayRead() -> Bool {
        switch wait {
        // Nothing is read before the client has been greeted: its words cannot get ahead of the banner.
        case .name: isReadHeld = true
        case .delay, .submission, .flow, .output: isReadHeld = input.readableBytes > Self.inputLimit
        case nil: isReadHeld = false
        }
        return !isReadHeld
    }

    func writabilityChanged() {
        guard channel.isWritable, case .output = wait else { return }
        resume()
    }

    /// The client will send no more, but may still be listening.
    func inputClosed() {
        isInputClosed = true
        process()
    }

    func disconnected() { end(reason: "lost connection") }

    // MARK: - The loop

    /// Takes commands and content until there is nothing more to take, or something to wait for.
    func process() {
        server.breadcrumb.enter(.session, message: mail?.queueID?.description, client: peer.address?.bytes ?? [])
        defer { server.breadcrumb.leave() }
        loop: while wait == nil {
            switch phase {
            case .commands: guard takeCommand() else { break loop }
            case .content(let transfer): guard takeContent(transfer) else { break loop }
            case .closed: return
            }
        }
        flush()
        if isReadHeld, mayRead() { channel.read() }
    }

    /// What was waited for has come: goes on.
    func resume() {
        if isClosed { return }
        resumeTaking()
        process()
    }

    private func resumeTaking() {
        wait = nil
        touch()
    }

    private func takeCommand() -> Bool {
        switch scanner.next(input.readableBytesUInt8Span) {
        case .incomplete(let discard):
            input.moveReaderIndex(forwardBy: discard)
            if isInputClosed { end(reason: "lost connection") } else if isEnding { endBetweenTransactions() }
            return false
        case .line(let length, let consumed):
            let line = input.readBytes(length: length) ?? []
            input.moveReaderIndex(forwardBy: consumed - length)
            obey(line)
        case .overlong(let beginning, let consumed):
            input.moveReaderIndex(forwardBy: consumed)
            let excerpt = String(decoding: beginning.prefix(30), as: UTF8.self)
            Log.warning("\(peer.text): request longer than \(server.settings.lineLength): \(excerpt)...")
            perform(machine.receiveOverlong())
        }
        if output.readableBytes > Self.inputLimit { waitForOutput() }
        return true
    }

    private func takeContent(_ transfer: ContentTransfer) -> Bool {
        guard input.readableBytes > 0 else {
            if isInputClosed { end(reason: "lost connection") }
            return false
        }
        transfer.read(&input)
        if transfer.isComplete { contentEnded(transfer) } else { streamIfLarge(transfer) }
        return true
    }

    /// The next bytes without taking them, for the log of improper pipelining.
    var pendingInput: ByteBufferView? { input.readableBytes > 0 ? input.readableBytesView : nil }

    // MARK: - Replies

    func send(_ reply: SMTPReply) {
        if machine.isSlowedDown, server.settings.errorSleep > .zero {
            hold(for: server.settings.errorSleep) { [self] in sendNow(reply) }
        } else {
            sendNow(reply)
        }
    }

    private func sendNow(_ reply: SMTPReply) {
        write(reply)
        guard let final = machine.endOfPatience else { return }
        Log.info("too many errors after \(place) from \(peer.text)")
        close(saying: final)
    }

    private func write(_ reply: SMTPReply) {
        reply.append(to: &server.scratch)
        output.writeBytes(server.scratch)
        server.scratch.removeAll(keepingCapacity: true)
    }

    /// Does something later; no command is taken meanwhile.
    func hold(for time: Duration, _ body: @escaping () -> Void) {
        flush()
        wait = .delay
        // The pause itself is no silence of the client's.
        deadline = .max
        Task { @EventLoopActor in
            await EventLoopActor.sleep(for: time)
            if isClosed { return }
            resumeTaking()
            body()
            process()
        }
    }

    private func flush() {
        guard output.readableBytes > 0 else { return }
        channel.writeAndFlush(output, promise: nil)
        output.clear()
    }

    private func waitForOutput() {
        flush()
        if !channel.isWritable { wait = .output }
    }

    // MARK: - The end

    /// Says a last word and closes.
    func close(saying reply: SMTPReply) {
        if isClosed { return }
        write(reply)
        end(reason: nil)
    }

    /// Ends the session and logs it. `reason`: what Postfix puts before `after CMD from`.
    private func end(reason: String?) {
        if isClosed { return }
        if let reason { Log.info("\(reason) after \(place) from \(peer.text)") }
        if case .content(let transfer) = phase { transfer.abandon() }
        phase = .closed
        mail = nil
        var line = "disconnect from " + peer.text
        machine.counts.append(to: &line)
        Log.info(line)
        flush()
        channel.close(promise: nil)
        server.sessionEnded(self)
    }

    /// The session is to end as soon as it is in no transaction.
    func endGracefully() {
        if !isEnding { endingSince = server.time.monotonic }
        isEnding = true
        process()
    }

    /// A client in the middle of its work is not sent away: its next words would be answered with an error. One that is idle is, and
    /// one that never is after a while; all, when the suite stops.
    private func endBetweenTransactions() {
        let now = server.time.monotonic
        guard server.isHurried || now &- lastHeard >= Self.idleness || now &- endingSince >= Self.busyness else { return }
        if !machine.isInTransaction { close(saying: .shuttingDown(server.settings.limits.hostname)) }
    }

    // MARK: - Time

    /// The client has said something, or we have.
    private func touch() {
        lastHeard = server.time.monotonic
        deadline = lastHeard &+ server.mood.timeout
    }

    /// cleanup has the message, or is to take a part of it.
    func waitForCleanup(_ wait: Wait) {
        self.wait = wait
        deadline = server.time.monotonic &+ server.settings.submissionTimeout
    }

    /// The deadline has passed.
    func timedOut() {
        switch wait {
        case .submission, .flow: cleanupTimedOut()
        case .name, .delay, .output, nil:
            Log.info("timeout after \(place) from \(peer.text)")
            close(saying: .timeoutExceeded(server.settings.limits.hostname))
        }
    }

    /// The last command, with the size of what has come of the content.
    private var place: String {
        guard case .content(let transfer) = phase else { return machine.lastCommand }
        return transfer.isComplete ? "END-OF-MESSAGE" : "\(machine.lastCommand) (\(transfer.size) bytes)"
    }
}
