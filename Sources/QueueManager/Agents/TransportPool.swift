internal import DaemonKit
internal import DequeModule
internal import Glibc
internal import Mail
internal import MailLog
internal import NIOCore
internal import Platform
internal import Scheduling
internal import Wire

/// What the pools tell the queue manager.
@EventLoopActor
protocol TransportPoolDelegate: AnyObject {
    func reported(_ reports: DeliveryReports)
    /// - Parameter agent: whoever may still have it in hand; nil: nobody is waited for.
    func lost(_ delivery: UInt64, agent: UInt64?)
    func unavailable(_ delivery: UInt64, _ status: DeliveryStatus)
    /// The connection has something to flush at the end of this turn.
    func needsFlush(_ connection: AgentConnection)
}

/// The connections to the agents of one transport, kept while they are used.
///
/// The scheduler bounds the deliveries, and so the connections: there are never more than deliveries at once.
/// *Failure:* when no connection can be made, or no agent greets in time, all waiting deliveries fail as "mail transport unavailable".
@EventLoopActor
final class TransportPool {
    let path: String
    private let transport: String
    private let settings: QueueManagerSettings
    private unowned let delegate: any TransportPoolDelegate
    private var waiting: Deque<DeliveryRequest> = []
    private var connecting = 0
    private var idle: [AgentConnection] = []
    private var all: [ObjectIdentifier: AgentConnection] = [:]
    private var byDelivery: [UInt64: AgentConnection] = [:]
    private var retries: [UInt64: Int] = [:]
    /// Agents in a row that ended before they were ready.
    private var failedGreetings = 0
    private var retiredFiles = RetiredFiles()

    /// A request that agents close upon without having read it goes to this many of them.
    private static let handOvers = 3
    /// So many agents in a row may end before they are ready (they are replaced just then) until the transport counts as broken.
    private static let greetings = 3
    /// The listening socket's queue is full: the agents are behind.
    private static let backlogPause = TimeAmount.milliseconds(50)
    /// Nobody listens: master has just gone, and this process will hear of it in a moment. Mail is not deferred for that.
    private static let absencePause = TimeAmount.milliseconds(100)
    private static let absencePatience = Duration.seconds(1)
    private var absentSince: Uptime?

    init(transport: String, settings: QueueManagerSettings, delegate: any TransportPoolDelegate) {
        self.transport = transport
        self.settings = settings
        self.delegate = delegate
        path = "private/" + transport
    }

    var now: Uptime { Uptime(nanoseconds: NIODeadline.now().uptimeNanoseconds) }

    func deliver(_ request: DeliveryRequest) {
        if let connection = idle.popLast() {
            start(request, on: connection)
        } else {
            waiting.append(request)
            connectIfNeeded()
        }
    }

    func acknowledge(_ delivery: UInt64) {
        guard let connection = byDelivery.removeValue(forKey: delivery), connection.acknowledge(delivery, now: now) else {
            return
        }
        delegate.needsFlush(connection)
        isReady(connection)
    }

    /// Each second: closes what has been idle or silent for too long.
    func sweep() {
        let now = now
        for connection in Array(all.values) {
            let age = now.since(connection.since)
            switch connection.state {
            case .idle: if age >= settings.idleLimit { connection.close() }
            case .greeting:
                guard age >= settings.ipcTimeout else { continue }
                warn("\(path) does not answer")
                connection.close()
            case .busy(let request, _):
                guard age >= settings.deliveryLimit else { continue }
                warn("\(path): delivery of \(request.envelope.queueID.description) did not end in time")
                connection.giveUp()
            case .finishing, .closed: break
            }
        }
    }

    func retire(_ files: [String]) { retiredFiles.append(files) }

    func closeIdle() {
        for connection in idle { connection.close() }
    }

    func warn(_ text: String) { Log.warning(text) }

    // MARK: Connecting

    private func connectIfNeeded() {
        while connecting < waiting.count {
            connecting += 1
            Task { await connect() }
        }
    }

    private func connect() async {
        do {
            let wire = try await WireEndpoints.connect(to: settings.socketDirectory + path, within: settings.ipcTimeout)
            let connection = AgentConnection(connection: wire, pool: self, now: now)
            all[ObjectIdentifier(connection)] = connection
            absentSince = nil
            connection.start()
        } catch let error as IOError where error.errnoCode == EAGAIN {
            EventLoopActor.loop.scheduleTask(in: Self.backlogPause) { EventLoopActor.assumeOnLoop { self.tryAgain() } }
        } catch let error as IOError where isNobodyThere(error) && isPatient {
            EventLoopActor.loop.scheduleTask(in: Self.absencePause) { EventLoopActor.assumeOnLoop { self.tryAgain() } }
        } catch {
            absentSince = nil
            connecting -= 1
            warn("connect to transport \(path): \(connectErrorText(error))")
            fail()
        }
    }

    private func isNobodyThere(_ error: IOError) -> Bool { [ECONNREFUSED, ENOENT].contains(error.errnoCode) }

    /// Whether somebody may still come: notes the first time that nobody was there.
    private var isPatient: Bool {
        let since = absentSince ?? now
        absentSince = since
        return now.since(since) < Self.absencePatience
    }

    private func tryAgain() {
        connecting -= 1
        connectIfNeeded()
    }

    private func fail() {
        let status = DeliveryStatus(.deferred, EnhancedStatus(.temporary, 3, 0), "mail transport unavailable")
        let failed = waiting
        waiting = []
        for request in failed {
            retries[request.delivery] = nil
            delegate.unavailable(request.delivery, status)
        }
    }

    // MARK: Connections

    func isReady(_ connection: AgentConnection) {
        if !connection.wasCounted {
            connection.wasCounted = true
            connecting -= 1
            failedGreetings = 0
        }
        if connection.isLeaving { return connection.close() }
        if let request = waiting.popFirst() { start(request, on: connection) } else { idle.append(connection) }
    }

    func leaves(_ connection: AgentConnection) {
        guard case .idle = connection.state else { return }
        idle.removeAll { $0 === connection }
        connection.close()
    }

    private func start(_ request: DeliveryRequest, on connection: AgentConnection) {
        var request = request
        (request.retiredFiles, connection.retiredFiles) = retiredFiles.since(connection.retiredFiles)
        byDelivery[request.delivery] = connection
        connection.deliver(request, now: now)
        delegate.needsFlush(connection)
    }

    func reported(_ reports: DeliveryReports, by connection: AgentConnection) {
        if reports.finished { retries[reports.delivery] = nil }
        delegate.reported(reports)
    }

    func closed(_ connection: AgentConnection, in state: AgentConnection.State, wasReset: Bool) {
        all[ObjectIdentifier(connection)] = nil
        switch state {
        case .greeting:
            connecting -= 1
            failedGreetings += 1
            guard failedGreetings >= Self.greetings else { return connectIfNeeded() }
            failedGreetings = 0
            warn("\(path): agents end before they are ready")
            fail()
        case .idle: idle.removeAll { $0 === connection }
        case .busy(let request, let reported):
            byDelivery[request.delivery] = nil
            handOver(request, from: connection, isSafe: wasReset && !reported)
        case .finishing, .closed: break
        }
    }

    /// A request that the agent cannot have read is given to another; any other has an unknown outcome.
    private func handOver(_ request: DeliveryRequest, from connection: AgentConnection, isSafe: Bool) {
        let tries = retries[request.delivery, default: 0] + 1
        guard isSafe, tries < Self.handOvers else {
            retries[request.delivery] = nil
            warn(
                "transport \(transport) failure -- see a previous warning/fatal/panic logfile record for the problem description"
            )
            delegate.lost(request.delivery, agent: connection.isGivenUp ? nil : connection.agent)
            return
        }
        retries[request.delivery] = tries
        deliver(request)
    }
}

/// As strerror has it; NIO's own text names its function.
func connectErrorText(_ error: any Error) -> String {
    guard let error = error as? IOError else { return "\(error)" }
    return errorText(error.errnoCode)
}
