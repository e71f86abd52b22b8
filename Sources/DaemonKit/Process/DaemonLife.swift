internal import CPlatform
internal import MailLog
internal import NIOCore
internal import NIOPosix
internal import Platform

/// A daemon's process on its event loop: lifeline, listening sockets, idle exit, graceful stop.
///
/// *Failure:* a service that cannot start or listen ends the process, logged as fatal.
@EventLoopActor
final class DaemonLife {
    /// After SIGTERM with master alive (reload): sessions and deliveries in hand may take long; master ends us when it must.
    static let drainLimit: TimeAmount = .hours(1)
    /// After the death of master: agents look for the next queue manager this long.
    static let orphanLimit: TimeAmount = .seconds(100)
    /// Idle exit looks this often in max_idle.
    private static let idleSamples: Int64 = 10

    static var current: DaemonLife?

    private let service: any DaemonService
    private let context: DaemonContext
    private let inheritance: WorkerInheritance
    private let maxIdle: Duration
    private var idleTimes: Int64 = 0
    private var limit: Scheduled<Void>?

    init(_ service: any DaemonService, _ context: DaemonContext, _ inheritance: WorkerInheritance, maxIdle: Duration) {
        self.service = service
        self.context = context
        self.inheritance = inheritance
        self.maxIdle = maxIdle
    }

    func begin() async {
        do {
            context.lifeline = try await ClientBootstrap(group: EventLoopActor.group)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(LifelineHandler()) }
                }
                .withConnectedSocket(inheritance.lifeline).value()
            for file in OpenedTables.all { if let word = file.word { context.say(word) } }
            beat()
            context.tell(.ready)
            try await service.start(context)
            for descriptor in inheritance.listeners where !context.isStopping { try await service.listen(on: descriptor) }
            context.tell(.serving)
        } catch let error as StartupError {
            endProcess(error, lifeline: inheritance.lifeline)
        } catch {
            endProcess(StartupError("\(error)"), lifeline: inheritance.lifeline)
        }
        if inheritance.exitsWhenIdle { watchIdleness() }
    }

    /// Proves to master that the loop turns. A sync on another thread does not stop it.
    private func beat() {
        guard let seconds = inheritance.heartbeat else { return }
        let pause = TimeAmount.seconds(Int64(seconds))
        EventLoopActor.loop.scheduleRepeatedTask(initialDelay: pause, delay: pause) { _ in
            EventLoopActor.assumeOnLoop { self.context.tell(.beat) }
        }
    }

    var breadcrumb: Breadcrumb { context.startup.breadcrumb }

    func heard(_ line: String) { context.heard(line) }

    /// Ends what is in hand, then the process. Called again, the nearer limit counts.
    func stop(within time: TimeAmount) {
        limit?.cancel()
        limit = EventLoopActor.loop.scheduleTask(in: time) {
            Log.warning("stopped with work in hand: it did not end in time")
            martlet_exit(1)
        }
        guard !context.isStopping else { return }
        context.isStopping = true
        Task {
            await service.stop()
            martlet_exit(0)
        }
    }

    private func watchIdleness() {
        let pause = TimeAmount(maxIdle / Int(Self.idleSamples))
        EventLoopActor.loop.scheduleRepeatedTask(initialDelay: pause, delay: pause) { _ in
            EventLoopActor.assumeOnLoop { self.sampleIdleness() }
        }
    }

    private func sampleIdleness() {
        idleTimes = service.isIdle && !context.isFull ? idleTimes + 1 : 0
        if idleTimes >= Self.idleSamples { stop(within: Self.drainLimit) }
    }
}

/// Notices that master is gone, and takes its words.
private final class LifelineHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private var line: [UInt8] = []

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        for byte in unwrapInboundIn(data).readableBytesView {
            guard byte == UInt8(ascii: "\n") else {
                line.append(byte)
                continue
            }
            let words = String(decoding: line, as: UTF8.self)
            line = []
            EventLoopActor.assumeOnLoop { DaemonLife.current?.heard(words) }
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        EventLoopActor.assumeOnLoop { DaemonLife.current?.stop(within: DaemonLife.orphanLimit) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
