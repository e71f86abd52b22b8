import Mail
import Platform
import SimulatedPlatform
import Testing
import Wire

@testable import Spool

@Suite("changes by operators")
struct ChangeTests {
    /// Runs a change to its end; the queue IDs that it changed.
    @discardableResult
    private func change(
        _ fixture: QueueFixture, _ change: QueueChange, _ words: String..., isTrial: Bool = false
    ) throws -> [ChangedMessage] {
        var job = ChangeJob(change, QueueMatcher(try QueueFilter.parse(words), now: fixture.now), isTrial: isTrial)
        var changed: [ChangedMessage] = []
        var rounds = 0
        while !job.isDone {
            let portion = try fixture.store.perform(job)
            #expect(portion.problems.isEmpty)
            changed += portion.messages
            job = portion.job
            rounds += 1
            try #require(rounds < 1000, "a change without an end")
        }
        #expect(job.changed == UInt64(changed.count))
        return changed
    }

    /// Three messages, of which the index has the first two.
    private func fixture() throws -> (QueueFixture, [StoredMessage]) {
        let fixture = try QueueFixture()
        var messages: [StoredMessage] = []
        for number in 0..<3 {
            let message = try fixture.arriveOne(recipients: 2)
            messages.append(message)
            fixture.store.deferRecipients(
                of: message.location, [Deferral(ordinal: 0, status: busy, site: "hop\(number)")], nextAttempt: fixture.now + 300
            )
            if number == 1 { try fixture.store.commit() }
        }
        return (fixture, messages)
    }

    @Test("everything, in memory and in the index, once each", arguments: [false, true])
    func everything(isCommitted: Bool) throws {
        let (fixture, messages) = try fixture()
        if isCommitted { try fixture.store.commit() }
        #expect(try change(fixture, .hold, isTrial: true).count == 3)
        #expect(try change(fixture, .hold).count == 3)
        #expect(try change(fixture, .hold).isEmpty)
        #expect(try change(fixture, .release, "state=hold").count == 3)
        #expect(try Set(change(fixture, .expire).map(\.queueID)) == Set(messages.map(\.envelope.queueID)))
        #expect(try change(fixture, .expire).isEmpty)
        #expect(try change(fixture, .delete(restorableFor: 0, purges: false)).allSatisfy(\.isFinished))
        #expect(try QueueDump.truth(fixture).isEmpty)
        try fixture.store.commit()
        #expect(try fixture.rows().isEmpty)
    }

    @Test("by queue ID and by next hop, through the index and in memory")
    func selection() throws {
        let (fixture, messages) = try fixture()
        for (number, message) in messages.enumerated() {
            let id = message.envelope.queueID
            #expect(try change(fixture, .hold, "id=\(id)").map(\.queueID) == [id])
            #expect(try change(fixture, .release, "nexthop=hop\(number)").map(\.queueID) == [id])
        }
        #expect(try change(fixture, .hold, "id=nosuch").isEmpty)
        #expect(try change(fixture, .hold, "domain=nowhere.test").isEmpty)
        let domain = messages[0].recipients[0].recipient.address.domain
        #expect(try change(fixture, .hold, "domain=\(domain)").count == 3)
    }

    @Test("what was told survives a power cut at once")
    func durable() throws {
        let (fixture, messages) = try fixture()
        try change(fixture, .hold, "id=\(messages[0].envelope.queueID)")
        try change(fixture, .delete(restorableFor: 0, purges: false), "id=\(messages[1].envelope.queueID)")
        try fixture.cutPower(.nothing, keepingCommits: false)
        _ = try fixture.store.recoverTails()
        let truth = try QueueDump.truth(fixture)
        #expect(truth["1/\(messages[0].location.offset)#0"] == "held")
        #expect(truth["1/\(messages[1].location.offset)#0"] == nil)
        #expect(truth["1/\(messages[2].location.offset)#0"] == "queued")
    }

    @Test("a deleted message comes back within its time, and not after it")
    func undelete() throws {
        let (fixture, messages) = try fixture()
        let deletion = QueueChange.delete(restorableFor: 100, purges: false)
        #expect(try change(fixture, deletion).count == 3)
        try fixture.store.commit()
        #expect(try change(fixture, .hold).isEmpty)
        #expect(try change(fixture, .restore, "state=deleted", "id=\(messages[0].envelope.queueID)").count == 1)
        // Those that came back are due, the others are not.
        #expect(try fixture.store.due(before: fixture.now + 1, limit: 10).messages.map(\.location) == [messages[0].location])
        fixture.pass(seconds: 101)
        _ = try fixture.store.due(before: fixture.now, limit: 10)
        try fixture.store.commit()
        #expect(try change(fixture, .restore, "state=deleted").isEmpty)
        fixture.store.deferRecipients(of: messages[0].location, [], nextAttempt: fixture.now + 300)
        try fixture.store.commit()
        let rest = try fixture.rows()
        #expect(rest.count == 2, "\(rest)")
    }

    @Test("a purged message's bytes are gone, and its neighbours are not")
    func purge() throws {
        let (fixture, messages) = try fixture()
        let id = messages[1].envelope.queueID
        try change(fixture, .delete(restorableFor: 0, purges: true), "id=\(id)")
        let file = try fixture.disk.process().open(fixture.directory.segment(1), .read)
        let bytes = try file.read(Int(try file.size()), at: 0)
        #expect(!String(decoding: bytes, as: UTF8.self).contains(id.description))
        #expect(String(decoding: bytes, as: UTF8.self).contains(messages[2].envelope.queueID.description))
        try fixture.restartQmgr()
        #expect(fixture.report.problems.isEmpty)
        _ = try fixture.store.recoverTails()
        #expect(try QueueDump.truth(fixture).count == 4)
        #expect(try fixture.names("/spool/quarantine").isEmpty)
    }

    @Test("one that is to be handed in again leaves its hold, and qmgr is told")
    func requeue() throws {
        let (fixture, messages) = try fixture()
        let id = messages[0].envelope.queueID
        try change(fixture, .hold, "id=\(id)")
        #expect(try change(fixture, .requeue, "id=\(id)").count == 1)
        #expect(try change(fixture, .requeue, "id=\(id)").isEmpty)
        #expect(try change(fixture, .hold, "id=\(id)").isEmpty)
        let due = try fixture.store.due(before: fixture.now + 1, limit: 10).messages
        #expect(due.map(\.location) == [messages[0].location])
        #expect(due.first?.isRequeued == true)
        // Its child stands for it.
        let child = try fixture.arrive(
            fixture.record(
                recipients: 2, origin: MessageOrigin(parent: messages[0].location, recipients: [0, 1], purpose: .requeue)))
        #expect(child.finished.map(\.location) == [messages[0].location])
    }

    @Test("a large queue is changed in portions")
    func portions() throws {
        let fixture = try QueueFixture(segment: 1 << 22, journalFile: 1 << 17)
        for _ in 0..<1500 {
            let message = try fixture.arriveOne()
            fixture.store.deferRecipients(of: message.location, [], nextAttempt: fixture.now + 300)
        }
        try fixture.store.commit()
        var job = ChangeJob(.hold, QueueMatcher(QueueFilter(), now: fixture.now), isTrial: false)
        let portion = try fixture.store.perform(job)
        #expect(portion.messages.count == 1000 && !portion.job.isDone)
        job = portion.job
        while !job.isDone { job = try fixture.store.perform(job).job }
        #expect(job.changed == 1500)
        try fixture.store.commit()
        #expect(try fixture.rows().values.allSatisfy { $0 == "held" })
    }
}

@Suite("verifying a spool")
struct VerificationTests {
    private func verify(_ fixture: QueueFixture) throws -> SpoolVerification.Report {
        try SpoolVerification(fixture.directory, fixture.disk.process(), index: fixture.index, pause: {}).run()
    }

    private func fixture() throws -> (QueueFixture, [StoredMessage]) {
        let fixture = try QueueFixture()
        var messages: [StoredMessage] = []
        for _ in 0..<4 {
            let message = try fixture.arriveOne(recipients: 2)
            messages.append(message)
            fixture.store.deferRecipients(
                of: message.location, [Deferral(ordinal: 0, status: busy, site: "hop")], nextAttempt: fixture.now + 300)
        }
        _ = try fixture.store.record([.done(messages[0]), .done(messages[0], 1), .done(messages[1])])
        try fixture.store.commit()
        return (fixture, messages)
    }

    @Test("a sound spool agrees with itself")
    func sound() throws {
        let (fixture, _) = try fixture()
        let report = try verify(fixture)
        #expect(report.problems == [])
        #expect(report.records == 4 && report.messages == 3 && report.segments == 1)
    }

    @Test("every flipped byte of an unfinished record is found", arguments: Array(stride(from: 0, to: 200, by: 7)))
    func flipped(distance: Int) throws {
        let (fixture, messages) = try fixture()
        let end = messages[3].location.offset - messages[2].location.offset
        guard distance < Int(end) - 8 else { return }
        fixture.disk.flip(fixture.directory.segment(1), at: messages[2].location.offset + UInt64(distance))
        #expect(try !verify(fixture).problems.isEmpty)
    }

    @Test("an index that says something else is found")
    func index() throws {
        let (fixture, messages) = try fixture()
        let key = RecordKey(messages[2].location)
        try fixture.index.write { writer throws(IndexError) in try writer.removeMessage(key) }
        #expect(try verify(fixture).problems == ["\(messages[2].envelope.queueID): the index does not know it"])
        try fixture.index.write { writer throws(IndexError) in
            try writer.delete(.due, IndexKeys.due(fixture.now + 300, RecordKey(messages[3].location)))
        }
        #expect(try verify(fixture).problems.count == 2)
    }
}
