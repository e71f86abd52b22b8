import Mail
import Testing

@testable import Scheduling

@Suite("the scheduler under random events")
struct SchedulerPropertyTests {
    private struct Key: Hashable {
        var message: UInt64
        var ordinal: UInt32
    }

    private static let failure = DeliveryStatus(.deferred, EnhancedStatus(.temporary, 4, 1), "refused")

    @Test("each recipient is decided exactly once, and no limit is passed", arguments: 0..<40)
    func exactlyOnce(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let processes = Int.random(in: 1...8, using: &random)
        let window = Int.random(in: 1...4, using: &random)
        let group = Int.random(in: 0...3, using: &random)
        var bench = Bench {
            $0.processLimit = processes
            $0.concurrencyLimit = window
            $0.recipientLimit = group
            $0.destinationRateDelay = seed % 5 == 0 ? .seconds(1) : .zero
        }
        var waiting: Set<Key> = []
        var inHand: [Delivery] = []
        var message: UInt64 = 0

        func take(_ decision: Decision) {
            switch decision {
            case .deliver(let delivery):
                for ordinal in delivery.recipients {
                    #expect(waiting.remove(Key(message: delivery.message, ordinal: ordinal)) != nil)
                }
                #expect(group == 0 || delivery.recipients.count <= group)
                inHand.append(delivery)
            case .suspend(let suspension):
                for ordinal in suspension.recipients {
                    #expect(waiting.remove(Key(message: suspension.message, ordinal: ordinal)) != nil)
                }
            }
            for transport in ["smtp", "local"] {
                let busy = inHand.filter { $0.transport == transport }
                #expect(busy.count <= processes)
                // A window shrinks below what is in hand only with failures; it is never passed by a new delivery.
                for hop in Set(busy.map(\.nextHop)) { #expect(busy.count { $0.nextHop == hop } <= window) }
            }
        }

        for step in 0..<600 {
            if step < 400, Bool.random(using: &random) {
                message += 1
                let recipients = (0..<UInt32.random(in: 1...6, using: &random)).map { ordinal in
                    let hop = "h\(Int.random(in: 0..<3, using: &random))"
                    waiting.insert(Key(message: message, ordinal: ordinal))
                    return Assignment(
                        ordinal: ordinal, transport: Bool.random(using: &random) ? "smtp" : "local", nextHop: hop,
                        queueName: hop)
                }
                bench.scheduler.add(
                    message: message, sender: "s\(Int.random(in: 0..<3, using: &random))", recipients: recipients)
            }
            for decision in bench.decisions() { take(decision) }
            if let index = inHand.indices.randomElement(using: &random), Bool.random(using: &random) || step > 400 {
                let outcomes: [DeliveryOutcome] = [
                    .completed, .completed, .completed, .siteFailure(Self.failure), .unknown, .transportFailure(Self.failure),
                ]
                let delivery = inHand.remove(at: index)
                bench.scheduler.finished(
                    delivery.number, step > 400 ? .completed : outcomes.randomElement(using: &random) ?? .completed,
                    now: bench.now)
            }
            bench.now = bench.now + .milliseconds(Int.random(in: 0..<4000, using: &random))
            bench.scheduler.advance(to: bench.now)
        }
        while !waiting.isEmpty || !inHand.isEmpty {
            bench.now = bench.now + .seconds(301)
            bench.scheduler.advance(to: bench.now)
            let decisions = bench.decisions()
            for decision in decisions { take(decision) }
            guard !decisions.isEmpty || !inHand.isEmpty else { break }
            for delivery in inHand { bench.scheduler.finished(delivery.number, .completed, now: bench.now) }
            inHand = []
        }
        #expect(waiting.isEmpty, "recipients were forgotten")
        #expect(bench.scheduler.deliveriesInHand == 0)
    }
}
