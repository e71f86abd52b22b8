internal import DaemonKit
internal import Mail
internal import NIOCore

/// What an idle connection may be used for.
struct ConnectionKey: Hashable {
    var nextHop: String
    /// Set for a host that others are preferred to: it serves only those deliveries that have come to it.
    var address: IPAddress?
}

/// All open connections of this worker, and which of them are idle, by the next hop that they were opened for.
///
/// One coarse timer watches them all while there are any: a timer for each reply would cost a system call or two each.
@EventLoopActor
final class ConnectionPool {
    /// Idle connections over all next hops.
    private static let maximumIdle = 100
    private static let interval = TimeAmount.milliseconds(500)

    private let settings: SMTPClientSettings
    private var open: [ObjectIdentifier: SMTPConnection] = [:]
    private var idle: [ConnectionKey: [SMTPConnection]] = [:]
    private var idleCount = 0
    private var timer: RepeatedTask?
    private var isStopping = false

    init(_ settings: SMTPClientSettings) { self.settings = settings }

    var isEmpty: Bool { open.isEmpty }

    /// Watches a connection that has just been opened.
    func add(_ connection: SMTPConnection) {
        open[ObjectIdentifier(connection)] = connection
        guard timer == nil else { return }
        timer = EventLoopActor.loop.scheduleRepeatedTask(initialDelay: Self.interval, delay: Self.interval) { [weak self] _ in
            EventLoopActor.assumeOnLoop { self?.tick() }
        }
    }

    /// The most recently used idle connection of this kind.
    func take(_ key: ConnectionKey) -> SMTPConnection? {
        guard let connection = idle[key]?.popLast() else { return nil }
        if idle[key]?.isEmpty == true { idle[key] = nil }
        idleCount -= 1
        return connection
    }

    /// Takes a connection back: keeps it for the next delivery, or says goodbye.
    func give(_ connection: SMTPConnection, _ nextHop: String) {
        guard mayKeep(connection, nextHop) else { return discard(connection) }
        let key = ConnectionKey(nextHop: nextHop, address: connection.isBest ? nil : connection.host.address)
        connection.idle(until: .now() + settings.reuse.keepLimit)
        connection.onStep = { [weak self] _, connection in self?.lost(connection, key) }
        idle[key, default: []].append(connection)
        idleCount += 1
    }

    /// Says goodbye to a connection that is of no more use.
    func discard(_ connection: SMTPConnection) {
        connection.quit(waiting: settings.skipsQuitResponse ? nil : settings.times.quit)
        if !connection.isOpen { forget(connection) }
    }

    /// Says goodbye to all that are idle, and keeps none from now on.
    func stop() {
        isStopping = true
        for (key, connections) in idle {
            for connection in connections { lost(connection, key) }
        }
    }

    private func mayKeep(_ connection: SMTPConnection, _ nextHop: String) -> Bool {
        let reuse = settings.reuse
        return connection.isReady && !isStopping && idleCount < Self.maximumIdle
            && (reuse.keepsAll || reuse.destinations.contains(nextHop))
            && (reuse.countLimit == 0 || connection.uses < reuse.countLimit)
            && .now() - connection.opened < reuse.ageLimit
    }

    /// An idle connection is over: the server said so, or has been idle for too long.
    private func lost(_ connection: SMTPConnection, _ key: ConnectionKey) {
        guard let index = idle[key]?.firstIndex(where: { $0 === connection }) else { return }
        idle[key]?.remove(at: index)
        if idle[key]?.isEmpty == true { idle[key] = nil }
        idleCount -= 1
        discard(connection)
    }

    private func forget(_ connection: SMTPConnection) {
        open[ObjectIdentifier(connection)] = nil
        guard open.isEmpty else { return }
        timer?.cancel()
        timer = nil
    }

    private func tick() {
        let now = NIODeadline.now()
        for (key, connections) in idle {
            for connection in connections where connection.deadline <= now { lost(connection, key) }
        }
        for connection in open.values {
            connection.checkDeadline(now)
            if !connection.isOpen { forget(connection) }
        }
    }
}
