internal import CPlatform
internal import DaemonKit
internal import Glibc
internal import Mail
internal import MailLog
internal import NIOCore
internal import NIOPosix
internal import Platform
internal import Wire

/// Whose rights a deliverer has.
struct DelivererIdentity: Hashable, Sendable {
    var user: UInt32
    var group: UInt32
}

/// Why a deliverer gave no answer. It may have delivered: the recipient is deferred.
struct DelivererFailure: Error, Equatable {
    var text: String
}

/// What a deliverer is to write, or read.
struct MailboxWork {
    var target: MailboxDelivery.Target
    /// Of this message, in LF form.
    var prepended: [UInt8] = []
    var sizeLimit: UInt64 = 0
    var queueID: QueueID
    /// `.forward` candidates that are looked for first.
    var unlessForward: [String] = []
}

/// A running `deliverer`: several deliveries at once over one socket pair.
///
/// *Failure:* when it ends before it has answered, everything in its hand throws ``DelivererFailure``.
@EventLoopActor
final class DelivererProcess {
    private let connection: WireConnection
    private let process: pid_t
    private let path: String
    private var waiting: [UInt32: CheckedContinuation<MailboxDeliveryResult, any Error>] = [:]
    private var lastNumber: UInt32 = 0
    /// A large message is on its way: other frames must not come between its parts.
    private var isStreaming = false
    private var turns: [CheckedContinuation<Void, Never>] = []
    /// Called when nothing is in hand any more, and when the process has gone.
    var onIdle: (() -> Void)?
    var onEnd: (() -> Void)?

    private init(connection: WireConnection, process: pid_t, path: String) {
        self.connection = connection
        self.process = process
        self.path = path
        connection.onFrame = { [weak self] frame in self?.received(frame) }
        connection.onClose = { self.ended() }
    }

    var isOpen: Bool { connection.isOpen }
    var isIdle: Bool { waiting.isEmpty && !isStreaming }

    /// Starts one. The program itself gives up root.
    static func start(
        _ path: String, _ settings: DelivererSettings, environment: [String], pool: NIOThreadPool
    ) async throws -> DelivererProcess {
        let program = ProgramStart(path: path, arguments: [path] + settings.arguments, environment: environment)
        // Starting a program stops its caller until the program is there.
        let (process, descriptor) = try await pool.runIfActive(eventLoop: EventLoopActor.loop) {
            try startProgram(program)
        }.value()
        let connection = try await WireEndpoints.adopt(descriptor)
        return DelivererProcess(connection: connection, process: process, path: path)
    }

    private nonisolated static func startProgram(_ program: ProgramStart) throws(SystemError) -> (pid_t, Int32) {
        var ends: [Int32] = [-1, -1]
        guard unsafe martlet_socket_pair(&ends) == 0 else { throw SystemError("socketpair", program.path, errno) }
        defer { Glibc.close(ends[1]) }
        var program = program
        program.channel = ends[1]
        do throws(SystemError) {
            return (try program.run(), ends[0])
        } catch {
            Glibc.close(ends[0])
            throw error
        }
    }

    /// - Parameter content: nil for work that needs none.
    func perform(_ work: MailboxWork, _ content: MailboxForm?) async throws -> MailboxDeliveryResult {
        while isStreaming { await withCheckedContinuation { turns.append($0) } }
        guard connection.isOpen else { throw DelivererFailure(text: "the deliverer has ended") }
        lastNumber &+= 1
        let number = lastNumber
        var message = MailboxDelivery(
            number: number, target: work.target, prepended: work.prepended, mailboxSizeLimit: work.sizeLimit,
            queueID: work.queueID, contentLength: 0)
        message.unlessForward = work.unlessForward
        switch content {
        case nil: connection.send(message)
        case .whole(let bytes):
            message.contentLength = UInt32(bytes.readableBytes)
            connection.send(message, payload: bytes)
        case .stream(let stream):
            message.contentLength = nil
            connection.send(message)
            // From this frame on, not from the task's beginning: a request in between would break the message off.
            isStreaming = true
            Task { await self.send(stream) }
        }
        return try await withCheckedThrowingContinuation { waiting[number] = $0 }
    }

    private func send(_ stream: MailboxFormStream) async {
        defer {
            isStreaming = false
            let next = turns
            turns = []
            for turn in next { turn.resume() }
            if isIdle { onIdle?() }
        }
        var stream = stream
        do {
            while let part = try stream.next() {
                connection.send(MailboxContent(last: false), payload: part)
                try await connection.drain()
            }
            connection.send(MailboxContent(last: true))
        } catch {
            Log.warning("message content: \(error)")
            connection.send(MailboxContent(last: true, complete: false))
        }
    }

    /// The process ends when it has answered what is in its hand.
    func close() { connection.close() }

    private func received(_ frame: WireFrame) {
        do throws(DecodingFailure) {
            let result = try frame.decode(MailboxDeliveryResult.self)
            guard let waiter = waiting.removeValue(forKey: result.number) else {
                throw DecodingFailure("a result for a delivery that is not in hand")
            }
            waiter.resume(returning: result)
            if isIdle { onIdle?() }
        } catch {
            Log.warning("deliverer \(process): \(error)")
            connection.close()
        }
    }

    private func ended() {
        let lost = waiting
        waiting = [:]
        for waiter in lost.values {
            waiter.resume(throwing: DelivererFailure(text: "the deliverer ended before it answered"))
        }
        onEnd?()
        reap()
    }

    /// Looks until the kernel has its exit status.
    private func reap() {
        var status: Int32 = 0
        let ended = unsafe waitpid(process, &status, WNOHANG)
        if ended == 0 {
            EventLoopActor.loop.scheduleTask(in: .milliseconds(200)) { EventLoopActor.assumeOnLoop { self.reap() } }
        } else if ended == process, status != 0 {
            let what = status & 0x7f == 0 ? "exit status \(status >> 8 & 0xff)" : "killed by signal \(status & 0x7f)"
            Log.warning("process \(path) pid \(process) \(what)")
        }
    }
}
