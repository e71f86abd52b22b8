import Mail
import Scheduling
import Spool
import Testing
import Wire

@testable import QueueManager

@Suite("the engine: mail that fails for good")
struct FailureTests {
    @Test("a failure is journalled, then reported, and done when the report has arrived")
    func bounce() throws {
        let bench = EngineBench()
        let id = bench.arrive(to: "nobody@x")
        bench.storeIsPrompt = false
        try bench.report(bench.requestAt(0).request, .bounced, "no such user")
        #expect(bench.notices.isEmpty)
        bench.storeIsPrompt = true
        bench.play { $0.tick() }
        let notice = try #require(bench.notices.first).request
        #expect(notice.purpose == .failureNotice)
        #expect(notice.reports.map(\.status.text) == ["no such user"])
        #expect(notice.recipients.map(\.recipient.address.internalForm) == ["nobody@x"])
        try bench.makeNotice()
        #expect(bench.lines.contains("\(id): removed"))
        // The report itself is on its way.
        #expect(bench.requests.last?.request.envelope.sender == .null)
    }

    @Test("failures are collected until the pass is over")
    func collected() throws {
        let bench = EngineBench()
        bench.arrive(to: "a@x", "b@y", "c@z")
        try bench.report(bench.requestAt(0).request, .bounced)
        try bench.report(bench.requestAt(1).request, .deferred)
        #expect(bench.notices.isEmpty)
        try bench.report(bench.requestAt(2).request, .bounced)
        #expect(bench.notices.map { $0.request.recipients.map(\.ordinal) } == [[0, 2]])
        try bench.makeNotice()
        let record = bench.store.records.values.first { $0.envelope.sender != .null }
        #expect(record?.final == [0, 2])
        #expect(record?.due != nil)
    }

    @Test("where no notice is due, the recipient is done")
    func notNeeded() throws {
        let bench = EngineBench()
        let id = bench.arrive(from: "", to: "a@x")
        try bench.report(bench.requestAt(0).request, .bounced)
        let number = try bench.noticeAt(0).number
        bench.play { $0.noticeAnswered(number, .notNeeded) }
        #expect(bench.lines.last == "\(id): removed")
        #expect(bench.store.records.isEmpty)
    }

    @Test("when bounce does not work, the notice is asked for again after the back-off", arguments: [true, false])
    func bounceFails(answers: Bool) throws {
        let bench = EngineBench()
        let id = bench.arrive(to: "a@x")
        try bench.report(bench.requestAt(0).request, .bounced)
        let number = try bench.nextNotice().number
        bench.play { $0.noticeAnswered(number, answers ? .failed("disk full") : nil) }
        #expect(bench.store.records.values.first?.due != nil)
        bench.pass(900)
        #expect(bench.requests.count == 1)
        #expect(bench.notices.count == 1)
        try bench.makeNotice()
        #expect(bench.lines.contains("\(id): removed"))
    }

    @Test("a child that is promised and does not arrive is asked for again")
    func lostChild() throws {
        let bench = EngineBench()
        bench.arrive(to: "a@x")
        try bench.report(bench.requestAt(0).request, .bounced)
        let number = try bench.nextNotice().number
        bench.play { $0.noticeAnswered(number, .queued(QueueID(microseconds: 0, unique: 0))) }
        bench.pass(50)
        #expect(bench.store.records.values.first?.due == nil)
        bench.pass(900)
        #expect(bench.notices.count == 1)
    }

    @Test("with soft_bounce nothing is final")
    func softBounce() throws {
        let bench = EngineBench { $0.softBounce = true }
        bench.arrive(to: "a@x")
        try bench.report(bench.requestAt(0).request, .bounced)
        #expect(bench.notices.isEmpty)
        let record = bench.store.records.values.first
        #expect(record?.due != nil)
        #expect(record?.reasons[0]?.code.description == "4.1.1")
    }

    @Test("a sender who wants to hear of success does")
    func success() throws {
        let bench = EngineBench()
        var envelope = bench.envelope(to: ["a@x", "b@x"])
        envelope.recipients[1].notify = [.success, .failure]
        let id = bench.arrive(envelope)
        try bench.report(bench.requestAt(0).request, .sent)
        #expect(bench.notices.map(\.request.purpose) == [.successNotice])
        try #expect(bench.noticeAt(0).request.recipients.map(\.ordinal) == [1])
        try bench.makeNotice()
        #expect(bench.lines.contains("\(id): removed"))
    }

    @Test("recovered failures are reported without another attempt")
    func recovered() {
        let bench = EngineBench()
        let location = FakeStore.location(1000)
        let record = FakeStore.Record(bench.envelope(to: ["a@x"]))
        record.unreported[0] = EngineBench.status(.bounced)
        record.due = 0
        bench.store.records[location] = record
        bench.play { $0.command(QueueCommand(.flushAll), token: ReplyToken(number: 1)) }
        #expect(bench.requests.isEmpty)
        #expect(bench.notices.count == 1)
    }
}
