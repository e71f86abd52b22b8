internal import Mail
internal import MailLog
package import Platform
package import Scheduling
internal import Spool
internal import Wire

/// The queue manager's logic: what happens when mail arrives, a report comes, a notice is answered, or time passes.
///
/// Events are its methods, actions go to ``QueueEngineOutput``; there is no event loop, thread, file or socket here, so the simulation
/// runs the same code over a simulated disk. The store is asked in batches, one at a time; whatever must be true on disk before
/// somebody is told waits for its batch in ``Afterwards``.
///
/// *Failure:* what the store could not write is given to it again after a second, and nothing is dispatched meanwhile. An outcome
/// that is unknown defers the recipient.
package final class QueueEngine {
    let settings: EngineSettings
    let time: any TimeSource
    let resolver: any RecipientResolver
    let census: any AgentCensus
    unowned let output: any QueueEngineOutput

    var scheduler: Scheduler
    var active: ActiveLimits
    var messages: [UInt64: ActiveMessage] = [:]
    var messagesByLocation: [RecordLocation: ActiveMessage] = [:]
    var deliveries: [UInt64: DeliveryInHand] = [:]
    var notices = NoticesInProgress()
    var resumed: ResumedDeliveries
    var rollCall: AgentRollCall
    /// Messages whose pass ended before the roll call did.
    var unsettled: [UInt64] = []
    /// Reports about messages that the store has been asked for.
    var waitingReports: [RecordLocation: [(reports: ResumedReports, token: ReplyToken)]] = [:]
    /// Which message is being worked with, should it be the last one.
    package var breadcrumb = Breadcrumb()
    private var lastMessage: UInt64 = 0
    /// By transport: whether a delivery takes one recipient only.
    var singleRecipient: [String: Bool] = [:]

    /// Tools that wait for the rest of their change.
    var changing: Set<ReplyToken> = []

    var batch = StoreBatch()
    var afterwards = Afterwards()
    var pending: PendingBatch?
    /// The store refused to write: not before this instant again.
    var storeRestsUntil: Uptime?
    var startUp: StartUp
    var canRecord = true
    var isStopping = false

    /// There may be mail due that there was no room for.
    var wantsDue = true
    var nextQueueRun: Uptime
    var nextMaintenance: Uptime
    var nextTailReading: Uptime

    /// What waits for a batch to be done.
    struct Afterwards {
        /// Deliveries whose reports are in the batch.
        var deliveries: [UInt64] = []
        var settling: [UInt64] = []
        var resumed: [(token: ReplyToken, delivery: UInt64)] = []
        var queries: [ReplyToken] = []
        var rebuild: ReplyToken?
    }

    struct PendingBatch {
        var batch: StoreBatch
        var afterwards: Afterwards
    }

    /// Nothing is dispatched before tails are read, every living cleanup has said how far it is, and every living agent has said
    /// what it has in hand (``AgentRollCall``).
    struct StartUp {
        var isOpen = false
        var hasReadTails = false
        var awaitsSegments = true
        var began: Uptime
        /// A cleanup that never announces must not stop mail for ever.
        static let patience = Duration.seconds(10)
    }

    struct DeliveryInHand {
        var message: UInt64
        var transport: String
        var recipients: [UInt32]
        var dispatched: Int64
        /// Set when the last report came.
        var outcome: DeliveryOutcome?
    }

    package init(
        settings: EngineSettings, time: any TimeSource, resolver: any RecipientResolver, census: any AgentCensus,
        output: any QueueEngineOutput
    ) {
        self.census = census
        resumed = ResumedDeliveries(patience: settings.deliveryLimit)
        rollCall = AgentRollCall(patience: settings.agentPatience)
        self.settings = settings
        self.time = time
        self.resolver = resolver
        self.output = output
        scheduler = Scheduler(
            deadTime: settings.retry.minimalBackoff, transportRetryTime: settings.transportRetryTime, limits: settings.limits)
        active = ActiveLimits(messageLimit: settings.messageLimit, recipientLimit: settings.recipientLimit)
        let now = Uptime(nanoseconds: time.monotonic)
        startUp = StartUp(began: now)
        nextQueueRun = now + settings.queueRunDelay
        nextMaintenance = now + Self.maintenanceInterval
        nextTailReading = now + Self.tailInterval
    }

    static let maintenanceInterval = Duration.seconds(5)
    static let tailInterval = Duration.seconds(10)
    /// While mail waits for owners to speak or to end.
    static let awaitedInterval = Duration.milliseconds(100)
    /// How long the store is left alone after it could not write.
    static let storeRest = Duration.seconds(1)

    var now: Uptime { Uptime(nanoseconds: time.monotonic) }
    /// Microseconds since 1970.
    var wall: Int64 { time.wall }

    // MARK: Life

    /// The store is open (its recovery of done lists and journal is over).
    package func opened() {
        startUp.isOpen = true
        startUp.began = now
        beginRollCall()
        batch.recoversTails = true
        pump()
    }

    /// To be called each second, and at ``nextTimer``.
    package func tick() {
        let now = now
        if now >= nextQueueRun {
            nextQueueRun = now + settings.queueRunDelay
            wantsDue = true
        }
        if now >= nextMaintenance {
            nextMaintenance = now + Self.maintenanceInterval
            batch.maintains = true
        }
        if now >= nextTailReading || !startUp.hasReadTails {
            nextTailReading = now + Self.tailInterval
            batch.recoversTails = true
        }
        sweepNotices(now)
        sweepResumed(now)
        batch.ticks = true
        pump()
    }

    /// When the scheduler has something to do; the caller's timer may be late.
    package var nextTimer: Uptime? {
        var next = scheduler.nextTimer
        func consider(_ instant: Uptime) { next = min(instant, next ?? instant) }
        if rollCall.isWaiting { consider(now + AgentRollCall.interval) }
        if isAwaitingSegments { consider(nextTailReading) }
        return next
    }

    /// A cleanup went away: what it wrote and did not announce is read soon.
    package func cleanupLeft() { nextTailReading = now }

    package var isOpen: Bool { startUp.isOpen }

    /// Nothing more is dispatched.
    package func stop() { isStopping = true }

    /// Deliveries whose agents have not finished, or whose reports are not yet journalled.
    package var deliveriesInHand: Int { deliveries.count }

    /// No batch is under way, none is waiting.
    package var isQuiet: Bool { pending == nil && batch.isEmpty }

    // MARK: Work

    var mayDispatch: Bool {
        guard startUp.hasReadTails, canRecord, storeRestsUntil == nil, !isStopping, rollCall.allowsDispatch else {
            return false
        }
        return !startUp.awaitsSegments || now >= startUp.began + StartUp.patience
    }

    /// After every event: dispatches what can be, and gives the store what gathered.
    func pump() {
        continueRollCall()
        let now = now
        if isAwaitingSegments, now >= nextTailReading {
            // Of those whose cleanup died meanwhile the tail can be read now.
            nextTailReading = now + Self.awaitedInterval
            batch.recoversTails = true
        }
        if let timer = scheduler.nextTimer, timer <= now { scheduler.advance(to: now) }
        if mayDispatch {
            while let decision = scheduler.next(now: now) {
                switch decision {
                case .deliver(let delivery): dispatch(delivery)
                case .suspend(let suspension): suspend(suspension)
                }
            }
        }
        submit()
    }

    /// At the start, a segment's living owner has not said yet how far it is.
    var isAwaitingSegments: Bool {
        startUp.isOpen && startUp.hasReadTails && startUp.awaitsSegments && now < startUp.began + StartUp.patience
    }

    func nextMessageNumber() -> UInt64 {
        lastMessage += 1
        return lastMessage
    }

    func log(_ severity: LogSeverity = .info, _ text: String) { output.log(severity, text) }
}
