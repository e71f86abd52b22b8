import Mail
import Scheduling
import Spool
import Testing
import Wire

@testable import QueueManager

@Suite("the engine: mail that is deferred")
struct DeferralTests {
    @Test("it is put back with its reason, and tried again by a queue run after the back-off")
    func retry() throws {
        let bench = EngineBench()
        let id = bench.arrive(to: "a@x")
        try bench.report(bench.nextRequest(), .deferred, "try later")
        let record = bench.store.records.values.first
        #expect(record?.due == (bench.time.wall + 999_999) / 1_000_000 + 300)
        #expect(record?.reasons[0]?.text == "try later")
        bench.pass(299)
        #expect(bench.requests.isEmpty)
        bench.pass(301)
        #expect(bench.requests.count == 1)
        bench.reportAll(.sent)
        #expect(bench.lines.filter { $0 == "\(id): removed" }.count == 1)
    }

    @Test("a flush makes it due now and forgets dead destinations")
    func flush() throws {
        let bench = EngineBench()
        bench.arrive(to: "a@x")
        let site = EngineBench.status(.deferred, "connect to x: Connection refused")
        for _ in 0..<4 {
            bench.arrive(to: "a@x")
            let request = try bench.nextRequest()
            let reports = DeliveryReports(delivery: request.delivery, reports: [], finished: true, siteFailure: site)
            bench.play { $0.reported(reports) }
        }
        bench.requests = []
        bench.arrive(to: "a@x")
        #expect(bench.requests.isEmpty)
        #expect(
            bench.lines.contains {
                $0.contains("relay=none")
                    && $0.hasSuffix("status=deferred (delivery temporarily suspended: connect to x: Connection refused)")
            })
        bench.play { $0.command(QueueCommand(.flushAll), token: ReplyToken(number: 7)) }
        #expect(bench.results.first?.count ?? 0 > 0)
        #expect(!bench.requests.isEmpty)
    }

    @Test("expiry comes after an attempt, never before one")
    func expiry() throws {
        let bench = EngineBench()
        let id = bench.arrive(to: "a@x")
        bench.time.advance(seconds: 6 * 86_400)
        try bench.report(bench.nextRequest(), .deferred, "still down")
        #expect(bench.lines.contains("\(id): from=<a@example.org>, status=expired, returned to sender"))
        #expect(bench.notices.map(\.request.purpose) == [.failureNotice])
        #expect(
            try bench.noticeAt(0).request.reports[0].status
                == DeliveryStatus(.bounced, EnhancedStatus(.temporary, 4, 1), "still down"))
        try bench.makeNotice()
        #expect(bench.lines.contains("\(id): removed"))
    }

    @Test("force-expired mail is returned without another attempt")
    func forceExpired() throws {
        let bench = EngineBench()
        let record = FakeStore.Record(bench.envelope(to: ["a@x"]))
        record.isExpired = true
        record.due = 0
        bench.store.records[FakeStore.location(1000)] = record
        bench.play { $0.command(QueueCommand(.flushAll), token: ReplyToken(number: 1)) }
        #expect(bench.requests.isEmpty)
        #expect(bench.lines.contains { $0.hasSuffix("status=force-expired, returned to sender") })
        #expect(bench.notices.count == 1)
        #expect(try bench.noticeAt(0).request.reports[0].status.text == "message is administratively expired")
    }

    @Test("a delay warning is sent once")
    func warning() throws {
        let bench = EngineBench { $0.retry.delayWarning = .seconds(400) }
        bench.arrive(to: "a@x")
        try bench.report(bench.nextRequest(), .deferred)
        #expect(bench.notices.isEmpty)
        bench.pass(600)
        try bench.report(bench.nextRequest(), .deferred)
        #expect(bench.notices.map(\.request.purpose) == [.delayNotice])
        try bench.makeNotice()
        bench.reportAll(.sent)
        bench.pass(2400)
        try bench.report(bench.nextRequest(), .deferred)
        #expect(bench.notices.isEmpty)
    }

    @Test("a transport without agents defers its mail, with Postfix's words")
    func unavailable() throws {
        let bench = EngineBench()
        let id = bench.arrive(to: "a@x")
        let status = DeliveryStatus(.deferred, EnhancedStatus(.temporary, 3, 0), "mail transport unavailable")
        let delivery = try bench.nextRequest().delivery
        bench.play { $0.transportUnavailable(delivery: delivery, status) }
        bench.arrive(to: "b@y")
        #expect(bench.requests.isEmpty)
        #expect(
            bench.lines.filter { $0.hasSuffix("dsn=4.3.0, status=deferred (mail transport unavailable)") }.count == 2)
        #expect(bench.lines.contains { $0.hasPrefix("\(id): to=<a@x>, relay=none, delay=0, delays=0/0/0/0") })
    }

    @Test("an unknown outcome is tried again soon")
    func lost() throws {
        let bench = EngineBench()
        bench.arrive(to: "a@x")
        let delivery = try bench.nextRequest().delivery
        bench.play { $0.lost(delivery: delivery, agent: 1) }
        #expect(bench.requests.isEmpty)
        bench.pass(62)
        #expect(bench.requests.count == 1)
        // The old delivery's reports are late: they count for nothing.
        let late = DeliveryReports(
            delivery: delivery, reports: [RecipientReport(ordinal: 0, status: EngineBench.status(.sent))], finished: true)
        bench.play { $0.reported(late) }
        #expect(bench.store.records.count == 1)
    }

    @Test("recipients that an agent does not mention stay queued")
    func unmentioned() throws {
        let bench = EngineBench()
        bench.arrive(to: "a@x", "b@x")
        let request = try bench.nextRequest()
        let reports = DeliveryReports(
            delivery: request.delivery, reports: [RecipientReport(ordinal: 1, status: EngineBench.status(.sent))],
            finished: true)
        bench.play { $0.reported(reports) }
        let record = bench.store.records.values.first
        #expect(record?.final == [1])
        #expect(record?.due != nil)
    }
}
