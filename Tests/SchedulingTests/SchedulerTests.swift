import Mail
import Testing

@testable import Scheduling

extension Uptime {
    static func seconds(_ seconds: UInt64) -> Uptime { Uptime(nanoseconds: seconds * 1_000_000_000) }
}

/// Drives a scheduler by hand.
struct Bench: ~Copyable {
    var scheduler: Scheduler
    var now = Uptime.seconds(1000)

    init(_ change: @escaping (inout TransportLimits) -> Void = { _ in }) {
        scheduler = Scheduler(deadTime: .seconds(300), transportRetryTime: .seconds(60)) { _ in
            var limits = TransportLimits()
            change(&limits)
            return limits
        }
    }

    mutating func add(_ message: UInt64, from sender: String = "s", to hop: String = "h", count: UInt32 = 1) {
        let recipients = (0..<count).map { Assignment(ordinal: $0, transport: "smtp", nextHop: hop, queueName: hop) }
        scheduler.add(message: message, sender: sender, recipients: recipients)
    }

    /// Everything that can be done now.
    mutating func decisions() -> [Decision] {
        var all: [Decision] = []
        while let decision = scheduler.next(now: now) { all.append(decision) }
        return all
    }

    mutating func deliveries() -> [Delivery] {
        decisions().compactMap { if case .deliver(let delivery) = $0 { delivery } else { nil } }
    }

    mutating func suspensions() -> [Suspension] {
        decisions().compactMap { if case .suspend(let suspension) = $0 { suspension } else { nil } }
    }
}

private let refused = DeliveryStatus(.deferred, EnhancedStatus(.temporary, 4, 1), "connect to h: Connection refused")

@Suite("the scheduler")
struct SchedulerTests {
    @Test("a destination gets as many at once as its window has places")
    func window() {
        var bench = Bench()
        for message in 1...9 { bench.add(UInt64(message)) }
        let first = bench.deliveries()
        #expect(first.map(\.message) == [1, 2, 3, 4, 5])
        // The success gives its place back and widens the window.
        bench.scheduler.finished(first[0].number, .completed, now: bench.now)
        #expect(bench.deliveries().map(\.message) == [6, 7])
    }

    @Test("recipients of one message and destination share deliveries up to the limit")
    func grouping() {
        var bench = Bench { $0.recipientLimit = 50 }
        bench.add(1, count: 120)
        let deliveries = bench.deliveries()
        #expect(deliveries.map(\.recipients.count) == [50, 50, 20])
        #expect(deliveries.flatMap(\.recipients) == Array(0..<120))
    }

    @Test("maxproc bounds the transport over all destinations")
    func processLimit() {
        var bench = Bench { $0.processLimit = 3 }
        for message in 1...9 { bench.add(UInt64(message), to: "hop\(message)") }
        let first = bench.deliveries()
        #expect(first.count == 3)
        bench.scheduler.finished(first[1].number, .unknown, now: bench.now)
        #expect(bench.deliveries().map(\.message) == [4])
    }

    @Test("senders take turns at a full destination")
    func senders() {
        var bench = Bench { $0.concurrencyLimit = 1 }
        for message in 1...100 { bench.add(UInt64(message), from: "bulk") }
        bench.add(200, from: "other")
        var order: [UInt64] = []
        while let delivery = bench.deliveries().first {
            order.append(delivery.message)
            bench.scheduler.finished(delivery.number, .completed, now: bench.now)
        }
        #expect(order.count == 101)
        #expect(order.prefix(3).contains(200))
    }

    @Test("a list of 50,000 recipients delays another message by a bounded factor", arguments: [true, false])
    func list(oneDestination: Bool) {
        var bench = Bench {
            $0.processLimit = 20
            $0.recipientLimit = 1
        }
        let recipients = (0..<50_000).map { ordinal in
            let hop = oneDestination ? "h" : "h\(ordinal)"
            return Assignment(ordinal: UInt32(ordinal), transport: "smtp", nextHop: hop, queueName: hop)
        }
        bench.scheduler.add(message: 1, sender: "list", recipients: recipients)
        var inHand = bench.deliveries()
        bench.add(2, from: "person", to: oneDestination ? "h" : "elsewhere")
        bench.add(3, from: "list", to: oneDestination ? "h" : "elsewhere")
        var rounds: [UInt64: Int] = [:]
        var round = 0
        while rounds.count < 2, round < 1000 {
            round += 1
            bench.scheduler.finished(inHand.removeFirst().number, .completed, now: bench.now)
            let new = bench.deliveries()
            for delivery in new where delivery.message != 1 { rounds[delivery.message] = rounds[delivery.message] ?? round }
            inHand += new
        }
        #expect((rounds[2] ?? .max) <= 2)
        #expect((rounds[3] ?? .max) <= 4)
    }

    @Test("a dead destination suspends its mail, others go on, and time or a flush revives it")
    func death() {
        var bench = Bench { $0.initialConcurrency = 1 }
        for message in 1...3 { bench.add(UInt64(message), to: "dead") }
        bench.add(4, to: "alive")
        let first = bench.deliveries()
        #expect(first.map(\.message) == [1, 4])
        bench.scheduler.finished(first[0].number, .siteFailure(refused), now: bench.now)
        let suspended = bench.suspensions()
        #expect(suspended.map(\.message) == [2, 3])
        #expect(suspended[0].status.text == "delivery temporarily suspended: connect to h: Connection refused")
        bench.add(5, to: "dead")
        #expect(bench.suspensions().map(\.message) == [5])

        bench.now = bench.now + .seconds(300)
        #expect(bench.scheduler.nextTimer.map { $0 <= bench.now } ?? false)
        bench.scheduler.advance(to: bench.now)
        bench.add(6, to: "dead")
        let again = bench.deliveries()
        #expect(again.map(\.message) == [6])
        bench.scheduler.finished(again[0].number, .siteFailure(refused), now: bench.now)
        bench.scheduler.forgetDead(destination: "dead")
        bench.add(7, to: "dead")
        #expect(bench.deliveries().map(\.message) == [7])
    }

    @Test("a success in hand revives a dead destination")
    func revival() {
        var bench = Bench { $0.initialConcurrency = 2 }
        for message in 1...3 { bench.add(UInt64(message)) }
        let first = bench.deliveries()
        bench.scheduler.finished(first[0].number, .siteFailure(refused), now: bench.now)
        bench.scheduler.finished(first[1].number, .completed, now: bench.now)
        bench.add(4)
        #expect(bench.deliveries().map(\.message).contains(4))
    }

    @Test("an unusable transport suspends all its mail until its time is over")
    func transportDeath() {
        var bench = Bench { $0.processLimit = 1 }
        for message in 1...3 { bench.add(UInt64(message), to: "hop\(message)") }
        let first = bench.deliveries()
        let status = DeliveryStatus(.deferred, EnhancedStatus(.temporary, 3, 0), "mail transport unavailable")
        bench.scheduler.finished(first[0].number, .transportFailure(status), now: bench.now)
        #expect(bench.suspensions().map(\.message) == [2, 3])
        bench.add(4)
        #expect(bench.suspensions().map(\.status) == [status])
        bench.now = bench.now + .seconds(60)
        bench.scheduler.advance(to: bench.now)
        bench.add(5)
        #expect(bench.deliveries().map(\.message) == [5])
    }

    @Test("a rate delay lets one at a time through, and rests after it")
    func rateDelay() {
        var bench = Bench { $0.destinationRateDelay = .seconds(10) }
        for message in 1...3 { bench.add(UInt64(message)) }
        let first = bench.deliveries()
        #expect(first.count == 1)
        bench.scheduler.finished(first[0].number, .completed, now: bench.now)
        #expect(bench.deliveries().isEmpty)
        #expect(bench.scheduler.nextTimer == bench.now + .seconds(10))
        bench.now = bench.now + .seconds(10)
        bench.scheduler.advance(to: bench.now)
        #expect(bench.deliveries().map(\.message) == [2])
    }

    @Test("a transport rate delay spaces the starts")
    func transportRateDelay() {
        var bench = Bench { $0.transportRateDelay = .seconds(1) }
        for message in 1...2 { bench.add(UInt64(message), to: "hop\(message)") }
        #expect(bench.deliveries().count == 1)
        bench.now = bench.now + .seconds(1)
        bench.scheduler.advance(to: bench.now)
        #expect(bench.deliveries().map(\.message) == [2])
    }
}
