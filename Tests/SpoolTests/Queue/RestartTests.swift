import Mail
import SimulatedPlatform
import Testing
import Wire

@testable import Spool

/// After a restart at any point the queue is what it was.
@Suite("restarts")
struct RestartTests {
    /// Drives a store through every kind of event, with commits where the flags say.
    private func scenario(_ fixture: QueueFixture, commits: Int) throws {
        func commit(_ bit: Int) throws { if commits & 1 << bit != 0 { try fixture.store.commit() } }
        let messages = try fixture.arrive(
            fixture.record(), fixture.record(recipients: 3), fixture.record(), fixture.record(onHold: true), fixture.record(),
            fixture.record(recipients: 2)
        ).messages
        try commit(0)
        _ = try fixture.store.record([.done(messages[0]), .done(messages[1], 2)])
        fixture.store.deferRecipients(
            of: messages[1].location, [Deferral(ordinal: 0, status: busy, site: "a")], nextAttempt: fixture.now + 600)
        try commit(1)
        _ = try fixture.store.record([
            JournalEvent(.unreported(refused), location: messages[1].location, ordinal: 1),
            JournalEvent(.held, location: messages[2].location),
            JournalEvent(.delayWarned, location: messages[4].location, ordinal: 0),
            JournalEvent(.deleted(restorableUntil: 0), location: messages[3].location),
        ])
        try commit(2)
        fixture.pass(seconds: 3)
        let origin = MessageOrigin(parent: messages[1].location, recipients: [1], purpose: .failureNotice)
        try fixture.arrive(fixture.record(origin: origin))
        fixture.store.deferRecipients(of: messages[4].location, [], nextAttempt: fixture.now + 900)
        try commit(3)
        try fixture.arrive(fixture.record())
    }

    @Test("states survive the death of qmgr, with every choice of commits", arguments: 0..<16)
    func death(commits: Int) throws {
        let fixture = try QueueFixture()
        try scenario(fixture, commits: commits)
        let before = try QueueDump.truth(fixture)
        #expect(before.count == 7)
        try fixture.restartQmgr()
        #expect(fixture.report.problems.isEmpty)
        _ = try fixture.store.take(fixture.notice([], from: SegmentHeader.blockLength))
        #expect(try QueueDump.truth(fixture) == before)
        try fixture.store.commit(isComplete: true)
        #expect(try fixture.rows() == before)
    }

    @Test("states survive a power cut after a sync, with the index's last commits kept or lost", arguments: 0..<32)
    func powerCut(choice: Int) throws {
        let fixture = try QueueFixture()
        try scenario(fixture, commits: choice & 15)
        try fixture.store.sync()
        let before = try QueueDump.truth(fixture)
        try fixture.cutPower(.nothing, keepingCommits: choice & 16 != 0)
        #expect(fixture.report.problems.isEmpty)
        let arrivals = try fixture.store.recoverTails()
        #expect(arrivals.problems.isEmpty)
        #expect(try QueueDump.truth(fixture) == before)
        try fixture.store.commit(isComplete: true)
        #expect(try fixture.rows() == before)
    }

    @Test("a missing index is rebuilt from segments, done lists and journal", arguments: [false, true])
    func rebuild(folded: Bool) throws {
        let fixture = try QueueFixture()
        try scenario(fixture, commits: 5)
        try fixture.restartQmgr()
        _ = try fixture.store.take(fixture.notice([], from: SegmentHeader.blockLength))
        if folded { #expect(try fixture.store.maintain().problems.isEmpty) }
        let before = try QueueDump.truth(fixture)
        try fixture.store.commit(isComplete: true)
        fixture.qmgr.kill()
        fixture.cleanup.kill()
        try fixture.index.reset()
        try fixture.reopen()
        #expect(fixture.report.rebuilt == "there was none")
        #expect(try fixture.store.recoverTails().problems.isEmpty)
        #expect(try QueueDump.truth(fixture) == before)
        try fixture.store.commit(isComplete: true)
        #expect(try fixture.rows() == before)
    }

    @Test("what an agent reports before the record has been read counts when it is", arguments: [false, true])
    func reportedUnread(isKnownSegment: Bool) throws {
        let fixture = try QueueFixture()
        let messages = try fixture.arrive(fixture.record(), fixture.record(recipients: 2)).messages
        try fixture.restartQmgr()
        if isKnownSegment { #expect(try fixture.store.recoverTails().messages.isEmpty) }
        #expect(try fixture.store.load(messages[0].location) == nil)
        let late = [
            .done(messages[0]), .done(messages[1], 1),
            JournalEvent(.unreported(refused), location: messages[1].location, ordinal: 0),
        ]
        #expect(try fixture.store.record(late).isEmpty)
        let arrivals = try fixture.store.take(fixture.notice([], from: SegmentHeader.blockLength))
        #expect(arrivals.finished.map(\.location) == [messages[0].location])
        #expect(arrivals.messages.map(\.location) == [messages[1].location])
        #expect(arrivals.messages.first?.recipients.map(\.state) == [.unreported(refused)])
        // Once more, from the journal alone.
        try fixture.restartQmgr()
        let again = try fixture.store.take(fixture.notice([], from: SegmentHeader.blockLength))
        #expect(again.messages.map(\.location) == [messages[1].location])
    }

    @Test("recovery hands out no more than its limit; the rest is due at once")
    func limit() throws {
        let fixture = try QueueFixture()
        for _ in 0..<20 { try fixture.arrive(fixture.record(), fixture.record()) }
        try fixture.cutPower()
        let arrivals = try fixture.store.recoverTails(limit: 7)
        #expect(arrivals.messages.count == 7)
        let rest = try fixture.store.due(before: fixture.now, limit: 100).messages
        #expect(Set((arrivals.messages + rest).map(\.location)).count == 40)
        #expect(rest.count == 33)
    }

    @Test("of two queue managers the second waits")
    func lock() throws {
        let fixture = try QueueFixture()
        #expect(throws: StoreError.locked(path: "/spool/index/qmgr.lock")) {
            _ = try QueueStore.open(
                directory: fixture.directory, fileSystem: fixture.disk.process(), index: MemoryIndex(), time: fixture.time,
                entropy: fixture.entropy)
        }
        try fixture.store.close()
        try fixture.reopen()
    }

    @Test("an index that is older than the journal is rebuilt")
    func oldIndex() throws {
        let fixture = try QueueFixture()
        let message = try fixture.arriveOne()
        try fixture.arrive(fixture.record())
        fixture.store.deferRecipients(of: message.location, [], nextAttempt: fixture.now)
        try fixture.store.commit()
        let old = fixture.index.copy()
        _ = try fixture.store.record([.done(message)])
        for _ in 0..<2 {
            try fixture.restartQmgr()
            _ = try fixture.store.take(fixture.notice([], from: SegmentHeader.blockLength))
            #expect(try fixture.store.maintain().problems.isEmpty)
        }
        fixture.qmgr.kill()
        fixture.index.restore(old)
        try fixture.reopen()
        #expect(fixture.report.rebuilt == "it is older than the journal")
        let arrivals = try fixture.store.take(fixture.notice([], from: SegmentHeader.blockLength))
        #expect(arrivals.messages.count == 1)
    }
}
