import Mail
import Spool
import Testing
import Wire

@testable import QueueManager

@Suite("the engine: reports that an earlier qmgr did not take")
struct ResumedTests {
    private func resumed(_ location: RecordLocation, done: [UInt32], inHand: [UInt32]) -> ResumedReports {
        ResumedReports(
            delivery: 77, location: location,
            reports: done.map { RecipientReport(ordinal: $0, status: EngineBench.status(.sent)) }, inHand: inHand)
    }

    @Test("what an agent has in hand is not given to another, and its late report counts")
    func inHand() {
        let bench = EngineBench(opens: false)
        bench.arrive(to: "a@x", "b@y", "c@z")
        let location = FakeStore.location(0)
        bench.play { $0.opened() }
        bench.play { $0.resumed(resumed(location, done: [1], inHand: [0]), token: ReplyToken(number: 9)) }
        #expect(bench.journalled.map(\.delivery) == [77])
        bench.pass(1)
        #expect(bench.requests.flatMap { $0.request.recipients.map(\.ordinal) } == [2])
        bench.reportAll(.sent)
        bench.play { $0.resumed(resumed(location, done: [0, 1], inHand: []), token: ReplyToken(number: 9)) }
        #expect(bench.journalled.count == 2)
        #expect(bench.store.records.isEmpty)
        #expect(bench.lines.last?.hasSuffix("removed") ?? false)
    }

    @Test("an agent that falls silent is taken for dead")
    func silent() {
        let bench = EngineBench(opens: false)
        bench.arrive(to: "a@x")
        bench.play { $0.opened() }
        bench.play { $0.resumed(resumed(FakeStore.location(0), done: [], inHand: [0]), token: ReplyToken(number: 9)) }
        bench.pass(9)
        #expect(bench.requests.isEmpty)
        bench.pass(80)
        #expect(bench.requests.count == 1)
    }

    @Test("reports about mail that is in the index, or gone")
    func elsewhere() throws {
        let bench = EngineBench()
        let id = bench.arrive(to: "a@x")
        try bench.report(bench.nextRequest(), .deferred)
        let location = FakeStore.location(0)
        bench.play { $0.resumed(resumed(location, done: [0], inHand: []), token: ReplyToken(number: 9)) }
        #expect(bench.lines.last == "\(id): removed")
        #expect(bench.store.records.isEmpty)
        bench.play { $0.resumed(resumed(location, done: [0], inHand: []), token: ReplyToken(number: 9)) }
        #expect(bench.journalled.count == 2)
    }
}
