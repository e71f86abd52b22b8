import Mail
import Platform
import SimulatedPlatform
import Testing
import Wire

@testable import Spool

/// Bytes that rot: what cannot be known is held or set aside, and said; nothing is lost or delivered twice for it.
@Suite("damage in the spool")
struct DamageTests {
    /// Three delivered, three not, one file of the journal.
    private func fixture() throws -> (QueueFixture, [StoredMessage]) {
        let fixture = try QueueFixture()
        var messages: [StoredMessage] = []
        for _ in 0..<6 { messages.append(try fixture.arriveOne()) }
        for message in messages.prefix(3) {
            _ = try fixture.store.record([.done(message)])
            try fixture.store.sync()
        }
        return (fixture, messages)
    }

    @Test("a flipped byte in the journal holds the undecided, once", arguments: Array(stride(from: 0, to: 200, by: 3)))
    func journal(offset: Int) throws {
        let (fixture, messages) = try fixture()
        fixture.qmgr.kill()
        fixture.cleanup.kill()
        fixture.disk.flip(fixture.directory.journal(1), at: UInt64(offset))
        try fixture.reopen()
        let arrivals = try fixture.store.recoverTails()
        if fixture.report.problems.isEmpty {
            // A byte that nobody needs, or the very last frame: it is not known to have been synced.
            #expect(arrivals.messages.map(\.location) == messages.suffix(arrivals.messages.count).map(\.location))
            #expect(arrivals.messages.count <= 4)
            return
        }
        #expect(arrivals.messages.isEmpty)
        let held = try QueueDump.truth(fixture)
        #expect(held.values.allSatisfy { $0 == "held" })
        for message in messages.suffix(3) { #expect(held["1/\(message.location.offset)#0"] == "held") }
        // The damaged file goes to quarantine, and what is released stays released.
        _ = try fixture.store.record([JournalEvent(.released, location: messages[5].location)])
        let upkeep = try fixture.store.maintain()
        #expect(upkeep.problems.contains { $0.contains("quarantine") })
        #expect(try fixture.names("/spool/quarantine") == ["0000000000000001.journal"])
        try fixture.restartQmgr()
        #expect(fixture.report.problems.isEmpty)
        #expect(try QueueDump.truth(fixture)["1/\(messages[5].location.offset)#0"] == "queued")
    }

    @Test("a missing journal file is damage")
    func missingJournal() throws {
        let (fixture, messages) = try fixture()
        try fixture.store.commit()
        fixture.qmgr.kill()
        fixture.cleanup.kill()
        try fixture.disk.process().unlink(fixture.directory.journal(1))
        try fixture.reopen()
        #expect(fixture.report.problems.contains { $0.contains("missing") })
        #expect(try fixture.store.recoverTails().messages.isEmpty)
        #expect(try QueueDump.truth(fixture).values.filter { $0 == "held" }.count >= messages.count - 3)
        #expect(try fixture.store.maintain().problems.isEmpty)
    }

    @Test("a flipped byte in a done list holds the segment's undecided", arguments: Array(stride(from: 0, to: 170, by: 3)))
    func doneList(offset: Int) throws {
        let (fixture, messages) = try fixture()
        for message in messages.suffix(3) {
            fixture.store.deferRecipients(of: message.location, [], nextAttempt: fixture.now + 60)
        }
        try fixture.restartQmgr()
        _ = try fixture.store.take(fixture.notice([], from: SegmentHeader.blockLength))
        #expect(try fixture.store.maintain().problems.isEmpty)
        fixture.qmgr.kill()
        fixture.cleanup.kill()
        try fixture.index.reset()
        let list = fixture.directory.doneList(1)
        let size = try fixture.disk.process().open(list, .read).size()
        guard offset < size else { return }
        fixture.disk.flip(list, at: UInt64(offset))
        try fixture.reopen()
        let arrivals = try fixture.store.recoverTails()
        if arrivals.problems.isEmpty {
            #expect((32..<64).contains(offset), "only the filling of the header may be wrong unnoticed")
            return
        }
        #expect(arrivals.messages.isEmpty)
        #expect(arrivals.problems.contains { $0.contains("put on hold") })
        #expect(try QueueDump.truth(fixture).values.allSatisfy { $0 == "held" })
        _ = try fixture.store.maintain()
        #expect(try fixture.names("/spool/quarantine") == ["0000000000000001.done"])
        try fixture.restartQmgr()
        #expect(try fixture.store.recoverTails().problems.isEmpty)
    }

    @Test("a damaged record is set aside, its neighbours are delivered", arguments: [0, 30, 90, 200])
    func record(offset: UInt64) throws {
        let (fixture, messages) = try fixture()
        fixture.qmgr.kill()
        fixture.cleanup.kill()
        let victim = messages[4].location
        fixture.disk.flip(fixture.directory.segment(1), at: victim.offset + offset)
        try fixture.reopen()
        let arrivals = try fixture.store.recoverTails()
        #expect(arrivals.messages.map(\.location) == [messages[3].location, messages[5].location])
        #expect(arrivals.problems.count == 1)
        #expect(try fixture.names("/spool/quarantine").count == 2)
        // It is not set aside twice, and does not keep the segment for ever.
        try fixture.restartQmgr()
        #expect(try fixture.store.recoverTails().problems.isEmpty)
        _ = try fixture.store.record([.done(messages[3]), .done(messages[5])])
        _ = try SegmentWriter.create(
            in: fixture.directory, fileSystem: fixture.cleanup, time: fixture.time, entropy: fixture.entropy, capacity: 1 << 16)
        _ = try fixture.store.recoverTails()
        #expect(try fixture.store.maintain().retiredFiles == ["segments/0000000000000001.seg"])
    }

    @Test("a record that cannot be copied to quarantine stays, and is tried again")
    func noRoomForQuarantine() throws {
        let (fixture, messages) = try fixture()
        fixture.qmgr.kill()
        fixture.cleanup.kill()
        fixture.disk.flip(fixture.directory.segment(1), at: messages[4].location.offset + 90)
        try fixture.reopen()
        fixture.disk.capacity = fixture.disk.used
        #expect(try fixture.store.recoverTails().problems.first?.contains("cannot be copied") == true)
        try fixture.store.commit()
        fixture.disk.capacity = .max
        try fixture.restartQmgr()
        #expect(try fixture.store.recoverTails().problems.first?.contains("a copy is in quarantine") == true)
    }

    @Test("a content that an agent cannot verify goes to quarantine with its reason")
    func byAgent() throws {
        let (fixture, messages) = try fixture()
        let finished = try fixture.store.quarantine(messages[3].location, reason: "the body fails its checksum")
        #expect(finished.map(\.location) == [messages[3].location])
        let name = "0000000000000001-\(messages[3].location.offset)"
        #expect(try fixture.names("/spool/quarantine") == [name + ".reason", name + ".record"])
        let reason = try fixture.disk.process().open("/spool/quarantine/\(name).reason", .read).read(100, at: 0)
        #expect(String(decoding: reason, as: UTF8.self) == "the body fails its checksum\n")
    }

    @Test("an envelope of a later version is kept, not delivered, and met again at each start")
    func laterVersion() throws {
        let fixture = try QueueFixture()
        var record = fixture.record()
        record.envelope += [0x7e | 0x80, 1, 0, 0, 0, 0]
        let arrivals = try fixture.arrive(record, fixture.record())
        #expect(arrivals.messages.count == 1)
        #expect(arrivals.problems.count == 1)
        try fixture.store.commit()
        fixture.cleanup.kill()
        try fixture.restartQmgr()
        #expect(try fixture.store.recoverTails().problems.count == 1)
    }

    @Test("a segment that is missing is told, its mail is not forgotten")
    func missingSegment() throws {
        let (fixture, messages) = try fixture()
        for message in messages.suffix(3) {
            fixture.store.deferRecipients(of: message.location, [], nextAttempt: fixture.now)
        }
        try fixture.store.commit()
        fixture.qmgr.kill()
        fixture.cleanup.kill()
        try fixture.disk.process().unlink(fixture.directory.segment(1))
        try fixture.reopen()
        #expect(fixture.report.problems.first?.contains("3 messages in it are not finished") == true)
        let due = try fixture.store.due(before: fixture.now, limit: 10)
        #expect(due.messages.isEmpty)
        #expect(due.problems.count == 3)
        try fixture.store.commit()
        #expect(fixture.index.rows[.messages]?.count == 3)
    }
}
