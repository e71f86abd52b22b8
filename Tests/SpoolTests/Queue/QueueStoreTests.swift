import Mail
import Testing
import Wire

@testable import Spool

@Suite("the queue store")
struct QueueStoreTests {
    @Test("mail that is delivered at once meets neither the index nor a segment")
    func hotPath() throws {
        let fixture = try QueueFixture()
        let arrivals = try fixture.arrive(fixture.record(), fixture.record(recipients: 2))
        #expect(arrivals.messages.map(\.recipients.count) == [1, 2])
        #expect(fixture.store.acknowledgement(for: 1).lag == 2)
        let (first, second) = (arrivals.messages[0], arrivals.messages[1])
        #expect(try fixture.store.record([.done(first), .done(second)]).map(\.queueID) == [first.envelope.queueID])
        #expect(try fixture.store.record([.done(second, 1)]).map(\.location) == [second.location])
        #expect(fixture.store.acknowledgement(for: 1).lag == 0)
        try fixture.store.commit()
        #expect(try fixture.rows().isEmpty)
        #expect(try fixture.store.nextDue() == nil)
    }

    @Test("a repeated word changes nothing; a gap is read from the segment")
    func idempotence() throws {
        let fixture = try QueueFixture()
        let first = try fixture.store([fixture.record(), fixture.record()])
        let word = fixture.notice(first)
        #expect(try fixture.store.take(word).messages.count == 2)
        #expect(try fixture.store.take(word).messages.isEmpty)
        _ = try fixture.store([fixture.record()])  // Its word is lost.
        let lost = fixture.writer.synced
        _ = fixture.notice([])
        let third = try fixture.store([fixture.record()])
        let arrivals = try fixture.store.take(fixture.notice(third, from: lost))
        #expect(arrivals.messages.count == 2)
        #expect(arrivals.problems.isEmpty)
        #expect(fixture.store.acknowledgement(for: 1).read == fixture.writer.synced)
    }

    @Test("a deferred message is in the index with its reason, and due at its time")
    func deferral() throws {
        let fixture = try QueueFixture()
        let message = try fixture.arriveOne(recipients: 3)
        let now = fixture.now
        _ = try fixture.store.record([.done(message, 1)])
        fixture.store.deferRecipients(
            of: message.location, [Deferral(ordinal: 0, status: busy, site: "remote.test")], nextAttempt: now + 300)
        #expect(try fixture.store.nextDue() == now + 300)
        try fixture.store.commit()
        #expect(try fixture.rows() == ["1/4096#0": "queued", "1/4096#2": "queued"])
        #expect(try fixture.store.nextDue() == now + 300)
        #expect(try fixture.store.due(before: now + 299, limit: 10).messages.isEmpty)
        let again = try fixture.store.due(before: now + 300, limit: 10).messages
        #expect(again.map { $0.recipients.map(\.ordinal) } == [[0, 2]])
        #expect(again.first?.recipients.first?.deferral == busy)
        #expect(again.first?.recipients.last?.deferral == nil)
        #expect(again.first?.envelope == message.envelope)
        #expect(again.first?.content == message.content)
        #expect(try fixture.store.due(before: now + 300, limit: 10).messages.isEmpty, "it is in hand")
        #expect(try fixture.store.record([.done(message), .done(message, 2)]).count == 1)
        try fixture.store.commit()
        let left = fixture.index.rows.filter { $0.key != .meta && $0.key != .segments && !$0.value.isEmpty }
        #expect(left.isEmpty)
    }

    @Test("what is put back is due before the index has it")
    func dueFromMemory() throws {
        let fixture = try QueueFixture()
        let message = try fixture.arriveOne()
        let now = fixture.now
        fixture.store.deferRecipients(of: message.location, [], nextAttempt: now)
        #expect(try fixture.store.due(before: now, limit: 1).messages.map(\.location) == [message.location])
        try fixture.store.commit()
        #expect(try fixture.rows().isEmpty)
    }

    @Test("a message in hand for long enters the index, and leaves it when it is done")
    func oldInHand() throws {
        let fixture = try QueueFixture()
        let message = try fixture.arriveOne()
        fixture.pass(seconds: 3)
        try fixture.store.tick()
        #expect(try fixture.rows() == ["1/4096#0": "queued"])
        #expect(try fixture.store.due(before: .max, limit: 10).messages.isEmpty)
        #expect(fixture.store.acknowledgement(for: 1).lag == 0)
        #expect(try fixture.store.record([.done(message)]).count == 1)
        try fixture.store.commit()
        #expect(try fixture.rows().isEmpty)
    }

    @Test(
        "a flush makes due what is not on hold",
        arguments: [
            (QueueStore.Selection.all, 3), (.site("remote.test"), 3), (.site("REMOTE.test"), 3), (.site("relay"), 1),
            (.site("other"), 0),
        ])
    func flush(selection: QueueStore.Selection, count: Int) throws {
        let fixture = try QueueFixture()
        let later = fixture.now + 3600
        let messages = try fixture.arrive(fixture.record(), fixture.record(), fixture.record(), fixture.record()).messages
        for (number, message) in messages.enumerated() {
            let deferral = Deferral(ordinal: 0, status: busy, site: number == 0 ? "relay" : "remote.test")
            fixture.store.deferRecipients(of: message.location, [deferral], nextAttempt: later)
        }
        _ = try fixture.store.record([JournalEvent(.held, location: messages[3].location)])
        try fixture.store.commit()
        fixture.pass(seconds: 1)
        #expect(try fixture.store.makeDue(selection) >= count)
        let due = try fixture.store.due(before: later - 1800, limit: 10).messages
        #expect(Set(due.map(\.location)).count == count)
        #expect(due.count == count)
        // An attempt that fails again is not repeated by the same flush.
        for message in due { fixture.store.deferRecipients(of: message.location, [], nextAttempt: later + 60) }
        try fixture.store.commit()
        #expect(try fixture.store.due(before: later - 1800, limit: 10).messages.isEmpty)
    }

    @Test("one message is flushed by its queue ID", arguments: [true, false])
    func flushOne(committed: Bool) throws {
        let fixture = try QueueFixture()
        let later = fixture.now + 3600
        let messages = try fixture.arrive(fixture.record(), fixture.record()).messages
        for message in messages { fixture.store.deferRecipients(of: message.location, [], nextAttempt: later) }
        if committed { try fixture.store.commit() }
        #expect(try fixture.store.makeDue(.message(messages[1].envelope.queueID)) == 1)
        #expect(try fixture.store.due(before: later - 1800, limit: 10).messages.map(\.location) == [messages[1].location])
    }

    @Test("mail on hold waits for an operator")
    func hold() throws {
        let fixture = try QueueFixture()
        let arrivals = try fixture.arrive(fixture.record(onHold: true))
        #expect(arrivals.messages.isEmpty)
        try fixture.store.commit()
        #expect(try fixture.rows() == ["1/4096#0": "held"])
        #expect(try fixture.store.due(before: .max, limit: 10).messages.isEmpty)
        let location = RecordLocation(segment: 1, nonce: fixture.writer.identity.nonce, offset: 4096)
        #expect(try fixture.store.load(location) == nil)
        _ = try fixture.store.record([JournalEvent(.released, location: location)])
        try fixture.store.commit()
        #expect(try fixture.store.due(before: .max, limit: 10).messages.map(\.location) == [location])
    }

    @Test("a failed recipient waits for its notice, with its status, also after a restart")
    func unreported() throws {
        let fixture = try QueueFixture()
        let message = try fixture.arriveOne(recipients: 2)
        _ = try fixture.store.record([
            JournalEvent(.unreported(refused), location: message.location, ordinal: 1), .done(message),
        ])
        try fixture.restartQmgr()
        let again = try fixture.store.recoverTails()
        #expect(again.messages.isEmpty, "cleanup lives: what it synced is its to say")
        #expect(fixture.store.awaitedSegments == [1])
        let arrivals = try fixture.store.take(fixture.notice([], from: SegmentHeader.blockLength))
        #expect(arrivals.messages.map { $0.recipients.map(\.ordinal) } == [[1]])
        #expect(arrivals.messages.first?.recipients.first?.state == .unreported(refused))
        #expect(fixture.store.awaitedSegments == [])
    }

    @Test("a large envelope comes in slices and is indexed in parts")
    func slices() throws {
        let fixture = try QueueFixture(segment: 1 << 20)
        let message = try fixture.arriveOne(recipients: 4500)
        #expect(message.recipients.count == 1000)
        #expect(message.hasMoreRecipients)
        var seen = message.recipients.map(\.ordinal)
        var hasMore = true
        while hasMore, let last = seen.last {
            let (recipients, more) = try fixture.store.moreRecipients(of: message.location, after: last, limit: 1500)
            seen += recipients.map(\.ordinal)
            hasMore = more
        }
        #expect(seen == Array(0..<4500))
        let now = fixture.now
        fixture.store.deferRecipients(of: message.location, [], nextAttempt: now + 60)
        try fixture.store.commit()
        _ = try fixture.store.record([.done(message, 7), .done(message, 4000)])
        try fixture.store.commit()
        try fixture.store.commit()
        #expect(try fixture.rows().count == 4498)
        #expect(try fixture.rows() == (try QueueDump.truth(fixture)))
        #expect(try fixture.store.due(before: now + 60, limit: 1).messages.first?.recipientCount == 4500)
    }
}
