internal import DequeModule
internal import HeapModule
internal import Mail
internal import OrderedCollections

/// Decides which recipients of which message are delivered next, and where.
///
/// Events go in (``add(message:sender:recipients:)``, ``finished(_:_:now:)``, ``advance(to:)``), decisions are taken out
/// with ``next(now:)`` until it gives none. There is no clock, no I/O and no randomness here. Transports take turns; within a transport senders,
/// within a sender messages, and a lot that finds its destination's window full waits there, where senders take turns too.
/// So a list of 50,000 recipients delays another sender's message by one delivery for each sender that has mail.
/// Each event costs constant time, a destination's death as much as it has lots.
///
/// *Failure:* a delivery that is unknown or finished twice is ignored.
package struct Scheduler: ~Copyable {
    private let limits: (String) -> TransportLimits
    private let deadTime: Duration
    private let transportRetryTime: Duration
    private var transports: [String: Transport] = [:]
    private var ring: Deque<Transport> = []
    private var inHand: [UInt64: Destination] = [:]
    private var suspensions: Deque<Suspension> = []
    private var timers = Heap<Timer>()
    private var lastDelivery: UInt64 = 0

    /// - Parameters:
    ///   - deadTime: how long a dead destination is left alone (minimal_backoff_time).
    ///   - transportRetryTime: the same for a transport (transport_retry_time).
    ///   - limits: asked once for each transport.
    package init(deadTime: Duration, transportRetryTime: Duration, limits: @escaping (String) -> TransportLimits) {
        self.deadTime = deadTime
        self.transportRetryTime = transportRetryTime
        self.limits = limits
    }

    package var deliveriesInHand: Int { inHand.count }

    // MARK: Events

    /// Recipients to be delivered. May be called again for the same message, with others.
    package mutating func add(message: UInt64, sender: String, recipients: [Assignment]) {
        if recipients.count == 1 {
            add(message: message, sender: sender, recipients[0], ordinals: [recipients[0].ordinal])
            return
        }
        var groups: OrderedDictionary<Place, (Assignment, [UInt32])> = [:]
        for recipient in recipients {
            let place = Place(transport: recipient.transport, queueName: recipient.queueName, nextHop: recipient.nextHop)
            groups[place, default: (recipient, [])].1.append(recipient.ordinal)
        }
        for (assignment, ordinals) in groups.values {
            add(message: message, sender: sender, assignment, ordinals: ordinals)
        }
    }

    private struct Place: Hashable {
        var transport: String
        var queueName: String
        var nextHop: String
    }

    private mutating func add(message: UInt64, sender: String, _ place: Assignment, ordinals: [UInt32]) {
        let transport = transport(place.transport)
        if let suspension = transport.suspension ?? transport.destinations[place.queueName]?.suspension {
            suspensions.append(Suspension(message: message, recipients: ordinals, status: suspension.status))
            return
        }
        let lot = Lot(
            message: message, nextHop: place.nextHop, destination: transport.destination(place.queueName),
            flow: transport.flow(of: sender), ordinals: ordinals)
        makeReady(lot, transport)
    }

    /// A delivery is over.
    package mutating func finished(_ number: UInt64, _ outcome: DeliveryOutcome, now: Uptime) {
        guard let destination = inHand.removeValue(forKey: number) else { return }
        let transport = destination.transport
        switch outcome {
        case .completed:
            transport.suspension = nil
            destination.window.succeeded(busy: destination.busy, transport.limits)
            if !destination.window.isDead { destination.suspension = nil }
        case .siteFailure(let status):
            transport.suspension = nil
            destination.window.failed(transport.limits)
            if destination.window.isDead, destination.suspension == nil { kill(destination, status, now) }
        case .transportFailure(let status): kill(transport, status, now)
        case .unknown: break
        }
        destination.busy -= 1
        transport.busy -= 1
        if transport.limits.destinationRateDelay > .zero, destination.suspension == nil {
            let until = now + transport.limits.destinationRateDelay
            destination.restsUntil = until
            timers.insert(Timer(at: until, subject: .destination(destination)))
        }
        callParked(destination)
        transport.forget(destination)
        enqueue(transport)
    }

    /// Time has passed: dead destinations and transports get another chance, rests end.
    package mutating func advance(to now: Uptime) {
        while let timer = timers.min, timer.at <= now {
            _ = timers.popMin()
            switch timer.subject {
            case .destination(let destination):
                if let until = destination.suspension?.until, until <= now { revive(destination) }
                if let until = destination.restsUntil, until <= now { destination.restsUntil = nil }
                callParked(destination)
                destination.transport.forget(destination)
                enqueue(destination.transport)
            case .transport(let transport):
                if let until = transport.suspension?.until, until <= now { transport.suspension = nil }
                if let until = transport.restsUntil, until <= now { transport.restsUntil = nil }
                enqueue(transport)
            }
        }
    }

    /// When ``advance(to:)`` has something to do.
    package var nextTimer: Uptime? { timers.min?.at }

    /// Forgets what is dead (`postqueue -f`, `-s site`): all of it, or the destinations of one name.
    package mutating func forgetDead(destination name: String? = nil) {
        for transport in transports.values {
            transport.suspension = nil
            let found = name.map { transport.destinations[$0].map { [$0] } ?? [] } ?? Array(transport.destinations.values)
            for destination in found where destination.suspension != nil {
                revive(destination)
                transport.forget(destination)
            }
        }
    }

    // MARK: Decisions

    /// What is to be done now; nil when nothing can be until another event.
    package mutating func next(now: Uptime) -> Decision? {
        if let suspension = suspensions.popFirst() { return .suspend(suspension) }
        while let transport = ring.popFirst() {
            transport.isQueued = false
            guard transport.hasCapacity, let lot = transport.pop() else { continue }
            enqueue(transport)
            if let decision = decide(lot, transport, now) { return decision }
        }
        return nil
    }

    private mutating func decide(_ lot: Lot, _ transport: Transport, _ now: Uptime) -> Decision? {
        let destination = lot.destination
        if lot.hasReservation {
            lot.hasReservation = false
            destination.reserved -= 1
        }
        if let suspension = transport.suspension ?? destination.suspension {
            transport.dispose(lot)
            return .suspend(Suspension(message: lot.message, recipients: lot.take(0), status: suspension.status))
        }
        guard destination.hasPlace else {
            destination.park(lot)
            return nil
        }
        destination.busy += 1
        transport.busy += 1
        lastDelivery += 1
        inHand[lastDelivery] = destination
        let recipients = lot.take(transport.limits.recipientLimit)
        if transport.limits.transportRateDelay > .zero {
            let until = now + transport.limits.transportRateDelay
            transport.restsUntil = until
            timers.insert(Timer(at: until, subject: .transport(transport)))
        }
        if lot.isEmpty { transport.dispose(lot) } else { makeReady(lot, transport) }
        return .deliver(
            Delivery(
                number: lastDelivery, message: lot.message, transport: transport.name, nextHop: lot.nextHop,
                recipients: recipients))
    }

    // MARK: Queues

    private mutating func transport(_ name: String) -> Transport {
        if let transport = transports[name] { return transport }
        let transport = Transport(name: name, limits: limits(name))
        transports[name] = transport
        return transport
    }

    private mutating func enqueue(_ transport: Transport) {
        guard !transport.isQueued, transport.isReady, transport.hasCapacity else { return }
        transport.isQueued = true
        ring.append(transport)
    }

    private mutating func makeReady(_ lot: Lot, _ transport: Transport) {
        guard lot.destination.hasPlace else {
            lot.destination.park(lot)
            return
        }
        lot.flow.push(lot)
        transport.enqueue(lot.flow)
        enqueue(transport)
    }

    /// Gives free places of the window to lots that wait for them.
    private mutating func callParked(_ destination: Destination) {
        while destination.hasPlace, let lot = destination.unpark() {
            lot.hasReservation = true
            destination.reserved += 1
            lot.flow.pushGranted(lot)
            destination.transport.enqueue(lot.flow)
        }
    }

    // MARK: Death

    private mutating func kill(_ destination: Destination, _ status: DeliveryStatus, _ now: Uptime) {
        let until = now + deadTime
        destination.suspension = (Self.suspended(status), until)
        timers.insert(Timer(at: until, subject: .destination(destination)))
        suspendParked(destination, Self.suspended(status))
    }

    private mutating func kill(_ transport: Transport, _ status: DeliveryStatus, _ now: Uptime) {
        let until = now + transportRetryTime
        transport.suspension = (status, until)
        timers.insert(Timer(at: until, subject: .transport(transport)))
        for destination in Array(transport.destinations.values) { suspendParked(destination, status) }
    }

    /// Ready lots meet the suspension when their turn comes.
    private mutating func suspendParked(_ destination: Destination, _ status: DeliveryStatus) {
        while let lot = destination.unpark() {
            destination.transport.dispose(lot)
            suspensions.append(Suspension(message: lot.message, recipients: lot.take(0), status: status))
        }
    }

    private func revive(_ destination: Destination) {
        destination.suspension = nil
        destination.window.revive(busy: destination.busy, destination.transport.limits)
    }

    private static func suspended(_ status: DeliveryStatus) -> DeliveryStatus {
        var status = status
        status.text = "delivery temporarily suspended: " + status.text
        return status
    }
}

/// Something that rests or is dead gets another chance at an instant.
private struct Timer: Comparable {
    enum Subject {
        case destination(Destination)
        case transport(Transport)
    }
    var at: Uptime
    var subject: Subject

    init(at: Uptime, subject: Subject) {
        self.at = at
        self.subject = subject
    }

    static func < (left: Timer, right: Timer) -> Bool { left.at < right.at }
    static func == (left: Timer, right: Timer) -> Bool { left.at == right.at }
}
