package import DaemonKit
internal import DequeModule
internal import Glibc
package import Mail
package import MailLog
internal import NIOCore
package import Platform
internal import Scheduling
internal import Spool
package import Wire

/// The daemon around ``QueueEngine``: its connections, its timer, and the thread of the store.
///
/// Everything here is on the one event loop; each event is a ``turn(_:)`` of the engine, after which what it said is flushed.
/// *Failure:* a queue that is locked by another qmgr is waited for; one that cannot be opened ends the process.
@EventLoopActor
package final class QueueManager {
    private let settings: QueueManagerSettings
    private let resolver: any RecipientResolver
    private let census: any AgentCensus
    private let opening: StoreThread.Opening
    private let store = StoreThread()
    private let time = SystemTime()
    private var engine: QueueEngine?
    private var pools: [String: TransportPool] = [:]
    private var notices: NoticePool?
    private var requeues: RequeuePool?
    private var sessions: [ReplyToken: ClientSession] = [:]
    private var lastToken: UInt64 = 0
    private var listeners: [any Channel] = []
    private var postponed: Deque<(QueueEngine) -> Void> = []
    private var isInTurn = false
    private var unflushed: [AgentConnection] = []
    private var ticks: RepeatedTask?
    private var timer: (at: Uptime, task: Scheduled<Void>)?
    private var lockWait = Duration.zero
    private var quiet: CheckedContinuation<Void, Never>?
    /// Told of each message that was put on hold because it crashed a program twice.
    package var onHeld: (QueueID) -> Void = { _ in }
    private var fail: (String) -> Void = { Log.fatal($0) }

    /// How long another qmgr may take to give the queue's lock back (pitfalls P5).
    private static let lockPatience = Duration.seconds(30)
    private static let lockPause = Duration.milliseconds(100)
    /// At a stop, deliveries in hand may still report.
    private static let stopPatience = Duration.seconds(1)

    /// - Parameter opening: opens the store, on the store's thread.
    package init(
        settings: QueueManagerSettings, resolver: any RecipientResolver, census: any AgentCensus,
        opening: @escaping StoreThread.Opening
    ) {
        self.census = census
        self.settings = settings
        self.resolver = resolver
        self.opening = opening
    }

    // MARK: Life

    /// - Parameter crashing: messages that are to be put on hold, so master says.
    package func begin(
        crashing: [QueueID] = [], breadcrumb: Breadcrumb = Breadcrumb(), failure: @escaping (String) -> Void
    ) {
        fail = failure
        let engine = QueueEngine(settings: settings.engine, time: time, resolver: resolver, census: census, output: self)
        self.engine = engine
        engine.breadcrumb = breadcrumb
        for id in crashing { engine.holdWhenMet(id) }
        notices = NoticePool(settings: settings) { [weak self] number, outcome in
            self?.turn { $0.noticeAnswered(number, outcome) }
        }
        requeues = RequeuePool(settings: settings) { [weak self] number, outcome in
            self?.turn { $0.noticeAnswered(number, outcome) }
        }
        openStore()
        ticks = EventLoopActor.loop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { [weak self] _ in
            EventLoopActor.assumeOnLoop { self?.tick() }
        }
    }

    package func serve(on descriptor: Int32) async throws {
        listeners.append(
            try await WireEndpoints.serve(listening: descriptor, from: .agents) { [weak self] connection in
                self?.accept(connection)
            })
    }

    package func accept(_ connection: WireConnection) {
        lastToken += 1
        let session = ClientSession(token: ReplyToken(number: lastToken), connection: connection, manager: self)
        sessions[session.token] = session
        session.start()
    }

    /// Dispatches nothing more, takes the reports of what ends soon, writes everything down and gives the lock back.
    package func end() async {
        for listener in listeners { listener.close(promise: nil) }
        turn { $0.stop() }
        for pool in pools.values { pool.closeIdle() }
        let patience = EventLoopActor.loop.scheduleTask(in: TimeAmount(Self.stopPatience)) {
            EventLoopActor.assumeOnLoop { self.resumeQuiet() }
        }
        // One that does not have the queue yet has nothing in hand, and must not keep its successor waiting.
        if let engine, engine.isOpen, engine.deliveriesInHand > 0 || !engine.isQuiet {
            await withCheckedContinuation { quiet = $0 }
        }
        patience.cancel()
        ticks?.cancel()
        timer?.task.cancel()
        engine = nil
        await withCheckedContinuation { continuation in
            store.close { error in
                if let error { Log.warning("the queue was not closed in order: \(error)") }
                continuation.resume()
            }
        }
    }

    package func holdWhenMet(_ id: QueueID) { turn { $0.holdWhenMet(id) } }

    private func resumeQuiet() {
        guard let waiting = quiet else { return }
        quiet = nil
        waiting.resume()
    }

    private func openStore() {
        store.open(opening) { [weak self] result in self?.opened(result) }
    }

    private func opened(_ result: Result<RecoveryReport, StoreError>) {
        switch result {
        case .success(let report):
            for problem in report.problems { Log.warning(problem) }
            if let reason = report.rebuilt { Log.warning("the queue index was rebuilt: \(reason)") }
            turn { $0.opened() }
        case .failure(.locked(let path)) where lockWait < Self.lockPatience:
            if lockWait == .zero { Log.info("waiting for \(path), which another queue manager holds") }
            lockWait += Self.lockPause
            EventLoopActor.loop.scheduleTask(in: TimeAmount(Self.lockPause)) { [weak self] in
                EventLoopActor.assumeOnLoop { self?.openStore() }
            }
        case .failure(let error): fail("cannot open the queue: \(error)")
        }
    }

    // MARK: Turns

    /// One event of the engine. A write that fails may close a connection in the middle of one: what that causes comes after it.
    func turn(_ event: @escaping (QueueEngine) -> Void) {
        postponed.append(event)
        guard !isInTurn else { return }
        isInTurn = true
        repeat {
            while let engine, let next = postponed.popFirst() { next(engine) }
            let connections = unflushed
            unflushed = []
            for connection in connections { connection.flush() }
        } while engine != nil && !postponed.isEmpty
        isInTurn = false
        guard let engine else { return }
        setTimer(engine.nextTimer)
        if quiet != nil, engine.deliveriesInHand == 0, engine.isQuiet { resumeQuiet() }
    }

    private func tick() {
        for pool in pools.values { pool.sweep() }
        turn { $0.tick() }
    }

    /// The engine ticks each second anyway: only what comes earlier needs a timer.
    private func setTimer(_ instant: Uptime?) {
        guard let instant else { return }
        if let timer, timer.at <= instant { return }
        let pause = instant.since(Uptime(nanoseconds: time.monotonic))
        guard pause < .seconds(1) else { return }
        timer?.task.cancel()
        let task = EventLoopActor.loop.scheduleTask(in: TimeAmount(pause)) { [weak self] in
            EventLoopActor.assumeOnLoop {
                self?.timer = nil
                self?.turn { $0.pump() }
            }
        }
        timer = (instant, task)
    }

    var deliveriesInHand: Int { engine?.deliveriesInHand ?? 0 }
    var activeMessages: Int { engine?.active.messages ?? 0 }
    var heldMessages: Int { engine?.messages.count ?? 0 }

    func ended(_ session: ClientSession) {
        let token = session.token
        sessions[token] = nil
        turn { $0.toolLeft(token) }
    }

    private func pool(_ transport: String) -> TransportPool {
        if let pool = pools[transport] { return pool }
        let pool = TransportPool(transport: transport, settings: settings, delegate: self)
        pools[transport] = pool
        return pool
    }
}

extension QueueManager: QueueEngineOutput {
    package func perform(_ batch: StoreBatch) {
        store.perform(batch) { [weak self] outcome in self?.turn { $0.storeCompleted(outcome) } }
    }
    package func deliver(_ request: DeliveryRequest, over transport: String) { pool(transport).deliver(request) }
    package func acknowledge(delivery: UInt64, over transport: String) { pool(transport).acknowledge(delivery) }
    package func request(_ notice: NoticeRequest, number: UInt64) { notices?.request(notice, number: number) }
    package func answer(_ token: ReplyToken, _ acknowledgement: ArrivalAcknowledgement) {
        sessions[token]?.send(acknowledgement)
    }
    package func request(_ requeue: RequeueRequest, number: UInt64) { requeues?.request(requeue, number: number) }
    package func answer(_ token: ReplyToken, _ changes: QueueChanges) { sessions[token]?.send(changes) }
    package func restart() {
        // Not before the tool has its answer.
        EventLoopActor.loop.scheduleTask(in: .milliseconds(100)) { _ = kill(getpid(), SIGTERM) }
    }
    package func answer(_ token: ReplyToken, _ result: QueueCommandResult) { sessions[token]?.send(result) }
    package func answer(_ token: ReplyToken, _ rows: LiveQueueRows) { sessions[token]?.send(rows) }
    package func answer(_ token: ReplyToken, _ journalled: ReportsJournalled) { sessions[token]?.send(journalled) }
    package func retire(files: [String]) { for pool in pools.values { pool.retire(files) } }
    package func placedOnHold(_ id: QueueID) { onHeld(id) }
    package func log(_ severity: LogSeverity, _ text: String) {
        switch severity {
        case .info: Log.info(text)
        case .warning: Log.warning(text)
        case .error: Log.error(text)
        case .fatal, .panic: Log.fatal(text)
        }
    }
}

extension QueueManager: TransportPoolDelegate {
    func reported(_ reports: DeliveryReports) { turn { $0.reported(reports) } }
    func lost(_ delivery: UInt64, agent: UInt64?) { turn { $0.lost(delivery: delivery, agent: agent) } }
    func unavailable(_ delivery: UInt64, _ status: DeliveryStatus) {
        turn { $0.transportUnavailable(delivery: delivery, status) }
    }
    func needsFlush(_ connection: AgentConnection) {
        if isInTurn { unflushed.append(connection) } else { connection.flush() }
    }
}
