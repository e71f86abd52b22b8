import Mail
import Platform
import SimulatedPlatform
import Testing
import Wire

@testable import Spool

/// Invariant I4 and pitfalls S7: the arrival of a child is what completes its parent's recipients.
@Suite("children")
struct ChildTests {
    private func origin(_ parent: StoredMessage, _ recipients: [UInt32], _ purpose: MessageOrigin.Purpose) -> MessageOrigin {
        MessageOrigin(parent: parent.location, recipients: recipients, purpose: purpose)
    }

    @Test("a notice completes the failed recipients", arguments: [false, true])
    func notice(indexed: Bool) throws {
        let fixture = try QueueFixture()
        let parent = try fixture.arriveOne(recipients: 2)
        _ = try fixture.store.record([
            JournalEvent(.unreported(refused), location: parent.location, ordinal: 0),
            JournalEvent(.unreported(refused), location: parent.location, ordinal: 1),
        ])
        if indexed {
            fixture.store.deferRecipients(of: parent.location, [], nextAttempt: fixture.now + 60)
            try fixture.store.commit()
        }
        let arrivals = try fixture.arrive(fixture.record(origin: origin(parent, [0, 1], .failureNotice)))
        #expect(arrivals.completions.map(\.recipients) == [[0, 1]])
        #expect(arrivals.finished.map(\.queueID) == [parent.envelope.queueID])
        #expect(arrivals.messages.count == 1)
        try fixture.store.commit()
        #expect(try QueueDump.truth(fixture).values.sorted() == ["queued"])
    }

    @Test("a second child of the same origin is dropped", arguments: [false, true])
    func second(restarted: Bool) throws {
        let fixture = try QueueFixture()
        let parent = try fixture.arriveOne()
        let other = try fixture.arriveOne()
        let first = try fixture.arriveOne(origin: origin(parent, [0], .forward))
        if restarted {
            fixture.store.deferRecipients(of: other.location, [], nextAttempt: fixture.now + 60)
            try fixture.restartQmgr()
            _ = try fixture.store.take(fixture.notice([], from: SegmentHeader.blockLength))
        }
        let arrivals = try fixture.arrive(fixture.record(origin: origin(parent, [0], .forward)))
        #expect(arrivals.messages.isEmpty)
        #expect(arrivals.duplicates.count == 1)
        let left = try QueueDump.truth(fixture)
        #expect(left.count == 2)
        #expect(left["1/\(first.location.offset)#0"] == "queued")
    }

    @Test("a child whose parent's agent reported first is no second child")
    func reportFirst() throws {
        let fixture = try QueueFixture()
        let parent = try fixture.arriveOne()
        #expect(try fixture.store.record([.done(parent)]).count == 1)
        let child = try fixture.arriveOne(origin: origin(parent, [0], .forward))
        let again = try fixture.arrive(fixture.record(origin: origin(parent, [0], .forward)))
        #expect(again.duplicates.count == 1)
        // Read again after a crash, the first one is still the first one.
        try fixture.restartQmgr()
        let arrivals = try fixture.store.take(fixture.notice([], from: SegmentHeader.blockLength))
        #expect(arrivals.messages.map(\.location) == [child.location])
        #expect(arrivals.duplicates.isEmpty)
    }

    @Test("a delay notice warns, and completes nothing")
    func delay() throws {
        let fixture = try QueueFixture()
        let parent = try fixture.arriveOne()
        let arrivals = try fixture.arrive(fixture.record(origin: origin(parent, [0], .delayNotice)))
        #expect(arrivals.completions.map(\.purpose) == [.delayNotice])
        #expect(arrivals.finished.isEmpty)
        #expect(try fixture.store.load(parent.location)?.recipients.first?.delayWarned == true)
        // The failure notice that follows later is another purpose.
        let failure = try fixture.arrive(fixture.record(origin: origin(parent, [0], .failureNotice)))
        #expect(failure.finished.count == 1)
        #expect(failure.messages.count == 1)
    }

    @Test("recovery meets a child before its parent", arguments: [Survival.nothing, .everything])
    func childFirst(survival: Survival) throws {
        let fixture = try QueueFixture()
        // The first segment stays with cleanup; the parent goes into a second one.
        let second = try SegmentWriter.create(
            in: fixture.directory, fileSystem: fixture.cleanup, time: fixture.time, entropy: fixture.entropy, capacity: 1 << 16)
        let parent = try #require(try second.append([fixture.record(recipients: 2)]).first)
        let location = RecordLocation(segment: 2, nonce: second.identity.nonce, offset: parent.offset)
        let origin = MessageOrigin(parent: location, recipients: [1], purpose: .requeue)
        _ = try fixture.store([fixture.record(origin: origin)])
        try fixture.cutPower(survival)
        let arrivals = try fixture.store.recoverTails()
        let recipients = arrivals.messages.map { ($0.location.segment, $0.recipients.map(\.ordinal)) }.sorted { $0.0 < $1.0 }
        #expect(recipients.map(\.0) == [1, 2])
        #expect(recipients.map(\.1) == [[0], [0]])
    }

    @Test("a file of maildrop/ becomes one message, also across restarts", arguments: [0, 1, 2])
    func maildrop(restart: Int) throws {
        let fixture = try QueueFixture()
        let file = RecordLocation(segment: 0, nonce: SegmentNonce(high: 7, low: 8), offset: 0)
        let origin = MessageOrigin(parent: file, recipients: [], purpose: .maildrop)
        let first = try fixture.arriveOne(origin: origin)
        if restart == 1 { try fixture.store.commit() }
        if restart > 0 {
            try fixture.restartQmgr()
            let arrivals = try fixture.store.take(fixture.notice([], from: SegmentHeader.blockLength))
            #expect(arrivals.messages.map(\.location) == [first.location])
        }
        #expect(try fixture.arrive(fixture.record(origin: origin)).duplicates.count == 1)
    }
}
