internal import Platform

/// A service and its workers: which process is to be started, replaced or left alone. Values only, no system call.
struct Service {
    /// What is to be done for it now.
    enum Need: Equatable {
        case nothing
        /// Start a worker at once.
        case worker
        /// Start one when somebody connects.
        case listen
    }

    /// What became of an ended worker.
    enum Ending: Equatable {
        /// It was asked to, or had nothing to do.
        case orderly
        /// It had served.
        case crash
        /// It never served.
        case badStart
    }

    var plan: ServicePlan
    var listeners: [Int32]
    var workers: [Worker] = []
    /// The generation that its workers should have: a reload makes a new one for all, a changed table for those who opened it.
    var generation: UInt32 = 0
    /// Since master was started, for the status.
    var crashes: UInt64 = 0
    var badStarts: UInt64 = 0
    /// What its workers were told last (`stress`).
    var isStressed = false
    private(set) var backOff: RestartBackOff
    /// Of `wakeup`: a first worker is to be started without a client.
    private var isWakePending: Bool
    /// When it last had no room for another client.
    private var limitReached: Duration?

    init(_ plan: ServicePlan, listeners: [Int32], throttleTime: Duration) {
        self.plan = plan
        self.listeners = listeners
        backOff = RestartBackOff(longest: throttleTime)
        isWakePending = plan.isWokenAtStart
    }

    func need(generation: UInt32, at now: Duration) -> Need {
        guard backOff.allows(at: now) else { return .nothing }
        let ours = workers.filter { !$0.isDraining }
        let isCurrentHere = ours.contains { $0.generation == generation }
        if !isCurrentHere, plan.isPersistent || isWakePending || !ours.isEmpty { return .worker }
        // A worker that runs or begins to takes the clients; master does not look at the sockets meanwhile.
        if ours.contains(where: \.accepts) || listeners.isEmpty { return .nothing }
        return hasRoom ? .listen : .nothing
    }

    /// When `need` will be another without anything happening.
    func nextChange(after now: Duration) -> Duration? {
        guard let until = backOff.until, until > now else { return nil }
        return until
    }

    /// The next worker's share of the session limit; nil: no limit.
    var nextShare: Int? {
        guard let limit = plan.sessionLimit, let share = plan.workerShare else { return nil }
        return max(1, min(share, limit - sharesGiven))
    }

    /// Every share is given out, and every worker full.
    var isAtLimit: Bool { !hasRoom && !workers.contains(where: \.accepts) }

    private var hasRoom: Bool { plan.sessionLimit.map { sharesGiven < $0 } ?? true }

    private var sharesGiven: Int { workers.filter { !$0.isDraining }.reduce(0) { $0 + ($1.share ?? 0) } }

    mutating func started(_ worker: Worker) {
        workers.append(worker)
        isWakePending = false
    }

    mutating func couldNotStart(at now: Duration) {
        isWakePending = isWakePending && plan.isWokenAtStart
        backOff.failed(at: now, served: nil)
        badStarts &+= 1
    }

    /// A word of a worker on its lifeline.
    mutating func heard(_ state: WorkerState, from process: Int32, at now: Duration) {
        guard let index = workers.firstIndex(where: { $0.process == process }) else { return }
        switch state {
        case .ready: workers[index].state = .ready
        case .serving:
            workers[index].state = .serving
            workers[index].servedSince = now
        case .full: workers[index].state = .full
        case .available: workers[index].state = .serving
        case .failed: workers[index].complaint = workers[index].complaint ?? []
        case .beat, .word: break
        }
        workers[index].lastBeat = now
    }

    /// Workers of older generations that a worker of this one can relieve.
    func relieved(by generation: UInt32) -> [Worker] {
        let isRelieved = workers.contains { $0.generation == generation && !$0.isDraining && $0.state != .starting }
        return isRelieved ? workers.filter { $0.generation < generation && !$0.isDraining } : []
    }

    mutating func ended(_ process: Int32, isClean: Bool, at now: Duration) -> Ending {
        guard let index = workers.firstIndex(where: { $0.process == process }) else { return .orderly }
        let worker = workers.remove(at: index)
        if worker.isDraining { return .orderly }
        guard let since = worker.servedSince else {
            backOff.failed(at: now, served: nil)
            badStarts &+= 1
            return .badStart
        }
        let served = now - since
        // A program that ends by itself again and again, however politely, is not to be started in a loop.
        if isClean, served >= RestartBackOff.proof || !plan.isPersistent {
            backOff.succeeded()
            return .orderly
        }
        backOff.failed(at: now, served: served)
        if isClean { return .orderly }
        crashes &+= 1
        return .crash
    }

    /// True when every share is given out and every worker full, once in `pause`: worth a warning.
    mutating func reachesLimit(at now: Duration, pause: Duration) -> Bool {
        guard isAtLimit else { return false }
        if let last = limitReached, now - last < pause { return false }
        limitReached = now
        return true
    }

    /// As an earlier master left it.
    init(_ record: HandOver.ServiceRecord, listeners: [Int32], throttleTime: Duration, at now: Duration) {
        plan = record.plan
        self.listeners = listeners
        workers = record.workers
        // Whoever stopped the clock of their heartbeats was us.
        for index in workers.indices { workers[index].lastBeat = now }
        generation = record.generation
        crashes = record.crashes
        badStarts = record.badStarts
        backOff = RestartBackOff(longest: throttleTime)
        isWakePending = false
    }

    var record: HandOver.ServiceRecord {
        .init(plan: plan, generation: generation, crashes: crashes, badStarts: badStarts, workers: workers)
    }

    /// Takes over a new plan after a reload.
    mutating func adopt(_ plan: ServicePlan, listeners: [Int32], throttleTime: Duration) {
        self.plan = plan
        self.listeners = listeners
        backOff = RestartBackOff(longest: throttleTime)
    }
}
