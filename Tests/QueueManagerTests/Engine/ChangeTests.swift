import Mail
import Spool
import Testing
import Wire

@testable import QueueManager

@Suite("the engine: what operators do")
struct ChangeTests {
    private func ask(_ bench: EngineBench, _ change: QueueChange, _ id: QueueID, isTrial: Bool = false) {
        let command = QueueCommand(.change(change, QueueFilter(ids: [id]), isTrial: isTrial))
        bench.play { $0.command(command, token: ReplyToken(number: 7)) }
    }

    @Test("a message with a delivery under way is put on hold when that has ended")
    func hold() throws {
        let bench = EngineBench()
        let id = bench.arrive(to: "a@x", "b@y")
        ask(bench, .hold, id)
        #expect(bench.changes.flatMap(\.ids) == [id])
        #expect(bench.results.map(\.count) == [1])
        for request in bench.requests.map(\.request) { bench.report(request, .deferred, "try later") }
        #expect(bench.engine.messages.isEmpty)
        bench.pass(4000)
        #expect(bench.requests.count == 2)
        ask(bench, .release, id)
        bench.pass(301)
        #expect(bench.requests.count > 2)
    }

    @Test("a deleted message is not attempted again and gets no second line in the log")
    func delete() throws {
        let bench = EngineBench()
        let id = bench.arrive(to: "a@x")
        let request = try bench.nextRequest()
        ask(bench, .delete(restorableFor: 0, purges: false), id)
        bench.report(request, .deferred, "try later")
        bench.pass(1000)
        #expect(bench.requests.isEmpty && bench.engine.messages.isEmpty)
        #expect(!bench.lines.contains("\(id): removed"))
    }

    @Test("a trial changes nothing")
    func trial() throws {
        let bench = EngineBench()
        let id = bench.arrive(to: "a@x")
        ask(bench, .delete(restorableFor: 0, purges: false), id, isTrial: true)
        #expect(bench.changes.flatMap(\.ids) == [id])
        bench.reportAll(.sent)
        #expect(bench.lines.contains("\(id): removed"))
    }

    @Test("one that is to be handed in again goes to pickup instead of an agent, and its child ends it without a line")
    func requeue() throws {
        let bench = EngineBench()
        let id = bench.arrive(to: "a@x")
        bench.report(try bench.nextRequest(), .deferred, "try later")
        ask(bench, .requeue, id)
        bench.pass(2)
        let (request, number) = try #require(bench.requeues.first)
        #expect(request.recipients.map(\.ordinal) == [0] && request.envelope.queueID == id)
        #expect(bench.requests.isEmpty)
        var child = bench.envelope(to: ["a@x"])
        child.origin = MessageOrigin(parent: request.location, recipients: [0], purpose: .requeue)
        bench.arrive(child)
        bench.play { $0.noticeAnswered(number, .queued(child.queueID)) }
        #expect(!bench.lines.contains("\(id): removed"))
        #expect(bench.requests.count == 1)
        bench.reportAll(.sent)
        #expect(bench.engine.messages.isEmpty)
    }

    @Test("what pickup could not do is asked again later")
    func requeueFails() throws {
        let bench = EngineBench()
        let id = bench.arrive(to: "a@x")
        bench.report(try bench.nextRequest(), .deferred, "try later")
        ask(bench, .requeue, id)
        bench.pass(2)
        let number = try #require(bench.requeues.first).number
        bench.play { $0.noticeAnswered(number, nil) }
        #expect(bench.requeues.count == 1)
        bench.pass(601)
        #expect(bench.requeues.count == 2)
    }

    @Test("an expired message is returned without another attempt, with the reason of the last one")
    func expire() throws {
        let bench = EngineBench()
        let id = bench.arrive(to: "a@x")
        bench.report(try bench.nextRequest(), .deferred, "try later")
        ask(bench, .expire, id)
        bench.play { $0.command(QueueCommand(.flushAll), token: ReplyToken(number: 8)) }
        #expect(bench.requests.isEmpty)
        #expect(bench.lines.contains("\(id): from=<a@example.org>, status=force-expired, returned to sender"))
        #expect(try bench.nextNotice().request.reports[0].status.text == "try later")
    }

    @Test("a tool that went away is not worked for any longer")
    func left() throws {
        let bench = EngineBench()
        let id = bench.arrive(to: "a@x")
        bench.storeIsPrompt = false
        ask(bench, .hold, id)
        bench.play { $0.toolLeft(ReplyToken(number: 7)) }
        bench.storeIsPrompt = true
        bench.pass(1)
        #expect(bench.results.isEmpty && bench.engine.changing.isEmpty)
    }
}
