import Mail
import Scheduling
import Spool
import Testing
import Wire

@testable import QueueManager

@Suite("the engine: much mail")
struct LimitsTests {
    @Test("a dump of one sender overflows to the index; another sender's message does not wait for it")
    func overflow() {
        let bench = EngineBench { $0.messageLimit = 100 }
        for _ in 0..<300 { bench.arrive(from: "bulk@x", to: "a@slow") }
        #expect(bench.engine.active.messages == 80)
        bench.arrive(from: "single@x", to: "b@fast")
        #expect(bench.requests.last?.request.nextHop == "fast")
        bench.pass(1)
        bench.reportAll(.sent)
        bench.pass(3)
        bench.reportAll(.sent)
        #expect(bench.store.records.isEmpty)
        #expect(bench.engine.active.messages == 0)
        #expect(bench.engine.active.recipients == 0)
    }

    @Test("a list is read in slices")
    func slices() throws {
        let bench = EngineBench { $0.recipientLimit = 1000 }
        bench.store.slice = 100
        let names = (0..<2500).map { "user\($0)@d\($0 % 7)" }
        let id = bench.arrive(bench.envelope(to: names))
        var seen: Set<UInt32> = []
        var peak = 0
        while !bench.requests.isEmpty {
            let request = try bench.nextRequest()
            for recipient in request.recipients { #expect(seen.insert(recipient.ordinal).inserted) }
            bench.report(request, request.delivery % 3 == 0 ? .deferred : .sent)
            peak = max(peak, bench.engine.active.recipients)
        }
        #expect(seen.count == 2500)
        #expect(peak < 1000)
        let record = bench.store.records.values.first
        #expect(record?.due != nil)
        #expect(record.map { $0.final.count + $0.reasons.count } == 2500)
        bench.pass(900)
        bench.reportAll(.sent)
        #expect(bench.lines.last == "\(id): removed")
        #expect(bench.engine.active.recipients == 0)
    }

    @Test("showq sees what is in memory")
    func query() throws {
        let bench = EngineBench()
        for _ in 0..<3 { bench.arrive(to: "a@x", "b@y") }
        try bench.report(bench.requestAt(0).request, .deferred, "busy")
        bench.play { $0.query(token: ReplyToken(number: 4)) }
        let rows = bench.rows.flatMap(\.rows)
        #expect(bench.rows.last?.last ?? false)
        #expect(rows.count == 3)
        #expect(rows.flatMap(\.recipients).filter { $0.reason == "busy" }.count == 1)
    }
}
