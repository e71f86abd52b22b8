import DaemonKit
import Mail
import Spool
import Testing
import Wire

@testable import QueueManager

@Suite("the engine: reports that an earlier qmgr did not take")
struct ResumedTests {
    private func resumed(
        _ location: RecordLocation, done: [UInt32], inHand: [UInt32], agent: UInt64 = 3, isLast: Bool = true
    ) -> ResumedReports {
        ResumedReports(
            delivery: 77, location: location,
            reports: done.map { RecipientReport(ordinal: $0, status: EngineBench.status(.sent)) }, inHand: inHand, agent: agent,
            isLast: isLast)
    }

    private let token = ReplyToken(number: 9)

    @Test("nothing is dispatched before every living agent has presented everything, or is free, or has died")
    func rollCall() {
        let bench = EngineBench(opens: false)
        for lease in 1...4 as ClosedRange<UInt64> { bench.census.add(lease) }
        bench.arrive(to: "a@x", "b@y")
        bench.play { $0.opened() }
        bench.pass(5)
        #expect(bench.requests.isEmpty)
        let location = FakeStore.location(0)
        bench.play { $0.resumed(resumed(location, done: [], inHand: [0], agent: 1, isLast: false), token: token) }
        bench.census.remove(2)
        bench.census.remove(3)
        bench.play { $0.resumed(resumed(FakeStore.location(9), done: [], inHand: [7], agent: 4), token: token) }
        bench.pass(5)
        #expect(bench.requests.isEmpty, "agent 1 has more to present")
        bench.play { $0.resumed(resumed(location, done: [], inHand: [0], agent: 1), token: token) }
        #expect(bench.requests.flatMap { $0.request.recipients.map(\.ordinal) } == [1])
    }

    @Test("an agent that lives and never speaks is waited for, but not for ever; others are not kept waiting by new marks")
    func mute() {
        let bench = EngineBench(opens: false)
        bench.census.add(1)
        bench.arrive(to: "a@x")
        bench.play { $0.opened() }
        bench.census.add(2)
        bench.pass(59)
        #expect(bench.requests.isEmpty)
        bench.pass(2)
        #expect(bench.requests.count == 1)
        #expect(bench.lines.contains { $0.hasPrefix("process 1 has not said") })
    }

    @Test("a report counts before the message can be dispatched, however late the store finds it")
    func reportsBeforeLoading() {
        let bench = EngineBench(opens: false)
        bench.storeIsPrompt = false
        bench.arrive(to: "a@x")
        bench.census.add(3)
        bench.play { $0.opened() }
        let location = FakeStore.location(0)
        bench.play { $0.resumed(resumed(location, done: [0], inHand: []), token: token) }
        bench.census.remove(3)
        for _ in 0..<6 {
            bench.play { $0.pump() }
            bench.answerStore()
        }
        #expect(bench.requests.isEmpty)
        #expect(bench.store.records.isEmpty)
    }

    @Test("no notice is asked for while bounce makes one that an earlier qmgr asked for")
    func notices() throws {
        let bench = EngineBench(opens: false)
        bench.census.add(5, .notices)
        bench.arrive(to: "a@x")
        bench.play { $0.opened() }
        // Deliveries do not wait for notices.
        try bench.report(bench.nextRequest(), .bounced)
        bench.pass(3)
        #expect(bench.notices.isEmpty)
        bench.census.remove(5)
        bench.pass(2)
        #expect(bench.notices.count == 1)
    }

    @Test("a connection that breaks while its agent lives leaves the delivery to the agent")
    func brokenConnection() throws {
        let bench = EngineBench()
        let id = bench.arrive(to: "a@x")
        let request = try bench.nextRequest()
        bench.census.add(3)
        bench.play { $0.lost(delivery: request.delivery, agent: 3) }
        bench.pass(400)
        #expect(bench.requests.isEmpty)
        bench.play { $0.resumed(resumed(request.location, done: [0], inHand: []), token: token) }
        #expect(bench.lines.last == "\(id): removed")
    }

    @Test("what an agent has in hand is not given to another, and its late report counts")
    func inHand() {
        let bench = EngineBench(opens: false)
        bench.census.add(3)
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

    @Test("what an agent had in hand when it died is tried again")
    func died() {
        let bench = EngineBench(opens: false)
        bench.census.add(3)
        bench.arrive(to: "a@x")
        bench.play { $0.opened() }
        bench.play { $0.resumed(resumed(FakeStore.location(0), done: [], inHand: [0]), token: ReplyToken(number: 9)) }
        bench.pass(100)
        #expect(bench.requests.isEmpty)
        bench.census.remove(3)
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
