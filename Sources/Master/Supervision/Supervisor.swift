internal import CPlatform
internal import Glibc
internal import MailLog
internal import Platform

/// master at work: a poll over signals, the workers' lifelines and the sockets of services without a worker.
///
/// *Failure:* what fails is logged and tried again with growing pauses; nothing that runs is ended for it, but workers whose event
/// loop stands still. When master itself dies, every worker notices by its lifeline, finishes and ends.
final class Supervisor {
    /// How long a worker may read its configuration.
    static let startLimit: Duration = .seconds(100)
    /// How long readiness waits for the queue manager's recovery.
    static let readyLimit: Duration = .seconds(60)

    var settings: InstanceSettings
    var services: [Service] = []
    /// Services that the configuration has no longer, while their workers end.
    var retired: [Service] = []
    var listeners = ListenerSet()
    var generation: UInt32 = 0
    var stop: StopProgress?
    var reloadRequested: Duration?
    /// Who waits for the outcome, on the control socket.
    var reloadClients: [Int32] = []
    var upgradeRequested: Duration?
    var upgradeClient: Int32 = -1
    var upgrades: UInt32 = 0
    /// When the first master of this process began.
    var started: Duration
    var crashes = CrashBook()
    var control: ControlSocket
    var watch = TableWatch()
    var leases: LeaseCounter
    var starter: Starter
    let manager: ServiceManager
    let lock: PIDFile
    private let signals: Int32
    private let time: any TimeSource
    var isReady = false
    private var readyDeadline: Duration = .zero
    private var lastAlive: Duration = .zero
    private var lastTurn: Duration

    init(
        settings: InstanceSettings, lock: PIDFile, leases: LeaseCounter, manager: ServiceManager, starter: Starter,
        time: any TimeSource = SystemTime()
    ) throws(MasterFailure) {
        self.settings = settings
        self.lock = lock
        self.leases = leases
        self.manager = manager
        self.starter = starter
        self.time = time
        control = ControlSocket(path: settings.controlSocket)
        started = .nanoseconds(Int64(time.monotonic))
        lastTurn = started
        signals = martlet_open_signals()
        guard signals >= 0 else { throw MasterFailure(SystemError("signalfd", "", errno).description) }
    }

    var now: Duration { .nanoseconds(Int64(time.monotonic)) }
    var monotonicNanoseconds: UInt64 { time.monotonic }

    /// A start from nothing.
    func begin(_ table: ServiceTable) throws(MasterFailure) {
        try adopt(table)
        control.open(accounts: settings.accounts)
        Log.info("daemon started -- version \(settings.version), configuration \(settings.directory)")
    }

    /// Serves until a stop; the exit status.
    func run() -> Int32 {
        readyDeadline = now + Self.readyLimit
        while true {
            advance()
            if let stop, allWorkers.isEmpty { return stop.exitStatus }
            wait()
        }
    }

    var allWorkers: [Worker] { (services + retired).flatMap(\.workers) }

    private func advance() {
        let now = now
        if stop != nil {
            advanceStop(at: now)
        } else {
            if let requested = reloadRequested, mayReload(requested, at: now) {
                reloadRequested = nil
                reload()
            }
            if isReady, let requested = upgradeRequested, mayReload(requested, at: now) {
                upgradeRequested = nil
                upgrade()
            }
            checkTables(at: now)
            startNeeded(at: now)
            checkReadiness(at: now)
        }
        killOverdue(at: now)
        killHung(at: now)
        control.dropOverdue(at: now)
        if let pause = manager.watchdogPause, now - lastAlive >= .nanoseconds(Int64(pause)) {
            lastAlive = now
            manager.alive()
        }
    }

    /// Ready: whatever holds state serves. Sockets are open already, so that clients wait meanwhile and nobody is refused.
    private func checkReadiness(at now: Duration) {
        guard !isReady else { return }
        let waiting = services.filter { $0.plan.isPersistent && !$0.workers.contains { $0.servedSince != nil } }
        guard waiting.isEmpty || now >= readyDeadline else { return }
        for service in waiting { Log.warning("\(service.plan.path) does not serve yet") }
        isReady = true
        starter.tellReady()
        manager.ready("serving")
    }

    /// A program without which there is no mail system did not start: before readiness that is the end.
    func persistentServiceFailed(_ service: Service, _ complaint: String?) {
        guard !isReady, stop == nil else { return }
        let reason = complaint ?? "its log lines say why"
        Log.fatal("\(service.plan.program) did not start: \(reason)")
        starter.tellFailure("\(service.plan.program) did not start: \(reason)")
        beginStop(exitStatus: 1)
    }

    // MARK: Waiting

    private enum Source {
        case signals
        case lifeline(Int32)
        case listener(ServicePlan.Key)
        case control(Int32)
        case tables
    }

    private func wait() {
        var sources: [Source] = [.signals]
        var descriptors = [pollfd(fd: signals, events: Int16(POLLIN), revents: 0)]
        func add(_ descriptor: Int32, _ source: Source, events: Int16 = Int16(POLLIN)) {
            descriptors.append(pollfd(fd: descriptor, events: events, revents: 0))
            sources.append(source)
        }
        let now = now
        for worker in allWorkers where worker.lifeline >= 0 { add(worker.lifeline, .lifeline(worker.process)) }
        if stop == nil {
            for service in services where service.need(generation: service.generation, at: now) == .listen {
                for listener in service.listeners { add(listener, .listener(service.plan.key)) }
            }
        }
        for (descriptor, events) in control.interests { add(descriptor, .control(descriptor), events: events) }
        if watch.descriptor >= 0 { add(watch.descriptor, .tables) }
        let count = unsafe poll(&descriptors, nfds_t(descriptors.count), timeout(from: now))
        noteTurn()
        guard count > 0 else { return }
        for (descriptor, source) in zip(descriptors, sources) where descriptor.revents != 0 {
            switch source {
            case .signals: takeSignals()
            case .lifeline(let process): readLifeline(of: process)
            case .listener(let key): startWorker(forClientOf: key)
            case .control(let descriptor): serveControl(descriptor)
            case .tables: watch.happened()
            }
        }
    }

    /// When we ourselves were not run for a while, heartbeats wait in the lifelines: nobody is judged by them.
    private func noteTurn() {
        let now = now
        if let limit = settings.watchdogLimit, now - lastTurn > limit / 2 { restartWatchdogs(at: now) }
        lastTurn = now
    }

    /// Milliseconds until something changes by itself; -1: never.
    private func timeout(from now: Duration) -> Int32 {
        var times = services.compactMap { $0.nextChange(after: now) }
        times += allWorkers.filter { $0.state == .starting && !$0.isKilled }.map { $0.started + Self.startLimit }
        if !isReady { times.append(readyDeadline) }
        if let stop { times.append(stop.nextStep(after: now)) }
        if reloadRequested != nil || upgradeRequested != nil { times.append(now + .seconds(1)) }
        times += allWorkers.compactMap(\.deadline)
        if settings.watchdogLimit != nil { times.append(now + .seconds(10)) }
        if stop == nil, let look = watch.nextLook { times.append(look) }
        if let deadline = control.nextDeadline { times.append(deadline) }
        if let pause = manager.watchdogPause { times.append(lastAlive + .nanoseconds(Int64(pause))) }
        guard let first = times.min() else { return -1 }
        let left = max(.zero, first - now)
        return Int32(min(left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000 + 1, 3_600_000))
    }

    private func takeSignals() {
        while true {
            switch martlet_next_signal(signals) {
            case 0: return
            case SIGCHLD: reap()
            case SIGHUP: reloadRequested = reloadRequested ?? now
            case SIGUSR2: upgradeRequested = upgradeRequested ?? now
            case let number:
                guard stop == nil else { continue }
                Log.info("terminating on signal \(number)")
                beginStop(exitStatus: 0)
            }
        }
    }
}
