internal import DaemonKit
internal import Mail
internal import Scheduling
internal import Wire

/// A connection to a delivery agent: it says that it is ready, then takes one delivery after the other.
@EventLoopActor
final class AgentConnection {
    enum State {
        case greeting
        case idle
        /// `reported`: something was reported, so the agent has seen the request.
        case busy(DeliveryRequest, reported: Bool)
        /// All reports are here, the journal is not yet written.
        case finishing
        case closed
    }

    private(set) var state = State.greeting
    /// Since when.
    private(set) var since: Uptime
    /// It no longer counts as being connected.
    var wasCounted = false
    /// How far this agent has been told of retired files.
    var retiredFiles = 0
    /// Master's lease of its process, once it has greeted.
    private(set) var agent: UInt64?
    /// It takes no more requests.
    private(set) var isLeaving = false
    /// It is not waited for: what it had in hand has an unknown outcome.
    private(set) var isGivenUp = false
    private let connection: WireConnection
    private unowned let pool: TransportPool

    init(connection: WireConnection, pool: TransportPool, now: Uptime) {
        self.connection = connection
        self.pool = pool
        since = now
    }

    func start() {
        connection.onFrame = { [weak self] frame in self?.received(frame) }
        connection.onClose = { [weak self] in self?.closed() }
    }

    func deliver(_ request: DeliveryRequest, now: Uptime) {
        enter(.busy(request, reported: false), now)
        connection.enqueue(request)
    }

    /// - Returns: false when the connection is gone.
    func acknowledge(_ delivery: UInt64, now: Uptime) -> Bool {
        guard case .finishing = state else { return false }
        connection.enqueue(ReportsJournalled(delivery: delivery))
        enter(.idle, now)
        return true
    }

    func flush() { connection.flush() }

    func close() { connection.close() }

    func giveUp() {
        isGivenUp = true
        connection.close()
    }

    private func enter(_ state: State, _ now: Uptime) {
        self.state = state
        since = now
    }

    private func received(_ frame: WireFrame) {
        do throws(DecodingFailure) {
            if frame.isA(AgentLeaving.self) { return try leaves(frame) }
            switch state {
            case .greeting:
                agent = try frame.decode(AgentReady.self).agent
                enter(.idle, pool.now)
                pool.isReady(self)
            case .busy(let request, _):
                let reports = try frame.decode(DeliveryReports.self)
                guard reports.delivery == request.delivery else { throw DecodingFailure("reports of another delivery") }
                enter(reports.finished ? .finishing : .busy(request, reported: true), pool.now)
                pool.reported(reports, by: self)
            case .idle, .finishing: throw DecodingFailure("a frame that nobody asked for")
            case .closed: break
            }
        } catch {
            pool.warn("malformed response from \(pool.path): \(error)")
            connection.close()
        }
    }

    private func leaves(_ frame: WireFrame) throws(DecodingFailure) {
        _ = try frame.decode(AgentLeaving.self)
        isLeaving = true
        pool.leaves(self)
    }

    private func closed() {
        let last = state
        state = .closed
        pool.closed(self, in: last, wasReset: connection.wasReset)
    }
}
