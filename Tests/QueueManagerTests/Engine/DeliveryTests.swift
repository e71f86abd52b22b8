import Mail
import Scheduling
import Spool
import Testing
import Wire

@testable import QueueManager

@Suite("the engine: mail that is delivered")
struct DeliveryTests {
    @Test("the story of a message, from arrival to removal")
    func story() throws {
        let bench = EngineBench()
        let id = bench.arrive(from: "me@here.example", to: "you@there.example")
        #expect(bench.arrivals.count == 1)
        let (request, transport) = try #require(bench.requests.first)
        #expect(transport == "smtp")
        #expect(request.nextHop == "there.example")
        #expect(request.recipients.map(\.recipient.address.internalForm) == ["you@there.example"])
        #expect(request.envelope.recipients.isEmpty)
        #expect(bench.acknowledged.isEmpty)
        bench.report(request, .sent)
        #expect(bench.acknowledged == [request.delivery])
        #expect(bench.lines == ["\(id): from=<me@here.example>, size=1000, nrcpt=1 (queue active)", "\(id): removed"])
        #expect(bench.store.records.isEmpty)
    }

    @Test("nothing is acknowledged before it is in the journal")
    func journalFirst() throws {
        let bench = EngineBench()
        bench.arrive(to: "b@x")
        bench.storeIsPrompt = false
        try bench.report(bench.requestAt(0).request, .sent)
        #expect(bench.acknowledged.isEmpty)
        bench.answerStore()
        try #expect(bench.acknowledged == [bench.requestAt(0).request.delivery])
    }

    @Test("what gathers while the store works goes in one batch")
    func batches() {
        let bench = EngineBench()
        for name in ["b@x", "b@y", "b@z"] { bench.arrive(to: name) }
        bench.storeIsPrompt = false
        for (request, _) in bench.requests { bench.report(request, .sent) }
        bench.answerStore()
        #expect(bench.acknowledged.count == 1)
        bench.answerStore()
        #expect(bench.acknowledged.count == 3)
    }

    @Test("recipients at one destination share a delivery")
    func grouping() {
        let bench = EngineBench()
        bench.arrive(to: "a@x", "b@y", "c@x")
        #expect(bench.requests.map { $0.request.recipients.map(\.ordinal) } == [[0, 2], [1]])
        bench.reportAll(.sent)
        #expect(bench.lines.last?.hasSuffix(": removed") ?? false)
    }

    @Test("a journal that cannot be written keeps the agent's report, stops deliveries, and is tried again")
    func journalFails() throws {
        let bench = EngineBench()
        bench.arrive(to: "a@x")
        bench.store.refusesToRecord = true
        try bench.report(bench.requestAt(0).request, .sent)
        #expect(bench.acknowledged.isEmpty)
        bench.arrive(to: "b@x")
        #expect(bench.requests.count == 1)
        bench.pass(3)
        #expect(bench.acknowledged.isEmpty)
        bench.store.refusesToRecord = false
        bench.pass(2)
        #expect(bench.acknowledged.count == 1)
        #expect(bench.requests.count == 2)
        #expect(bench.store.records.count == 1)
    }

    @Test("nothing is dispatched before tails are read and every living cleanup has spoken")
    func startUp() {
        let bench = EngineBench(opens: false)
        bench.arrive(to: "a@x")
        #expect(bench.arrivals.isEmpty)
        bench.store.awaitsSegments = true
        bench.play { $0.opened() }
        #expect(bench.arrivals.count == 1)
        // Their owners may end instead: tails are looked at often.
        let readings = bench.store.tailReadings
        bench.pass(2)
        #expect(bench.store.tailReadings == readings + 2)
        #expect(
            bench.engine.nextTimer.map { $0.since(Uptime(nanoseconds: bench.time.monotonic)) <= .milliseconds(100) } ?? false)
        #expect(bench.requests.isEmpty)
        bench.store.awaitsSegments = false
        bench.pass(1)
        #expect(bench.requests.count == 1)
    }

    @Test("a cleanup that never speaks does not stop mail for ever")
    func impatience() {
        let bench = EngineBench(opens: false)
        bench.store.awaitsSegments = true
        bench.play { $0.opened() }
        bench.arrive(to: "a@x")
        bench.pass(11)
        #expect(bench.requests.count == 1)
    }

    @Test("a forward is done when its child arrives, and removed after the agent has ended")
    func forward() throws {
        let bench = EngineBench()
        let id = bench.arrive(to: "alias@x")
        let request = try bench.requestAt(0).request
        var child = bench.envelope(to: ["real@y"])
        child.origin = MessageOrigin(parent: request.location, recipients: [0], purpose: .forward)
        bench.arrive(child)
        #expect(!bench.lines.contains("\(id): removed"))
        bench.report(request, .expanded)
        #expect(bench.lines.contains("\(id): removed"))
        #expect(bench.acknowledged == [request.delivery])
        #expect(bench.store.records.count == 1)
    }

    @Test("after a stop nothing is dispatched, but reports are taken")
    func stop() throws {
        let bench = EngineBench()
        bench.arrive(to: "a@x")
        bench.engine.stop()
        bench.arrive(to: "b@x")
        #expect(bench.requests.count == 1)
        try bench.report(bench.requestAt(0).request, .sent)
        #expect(bench.acknowledged.count == 1)
        #expect(bench.engine.deliveriesInHand == 0)
        #expect(bench.engine.isQuiet)
    }
}
