import Mail
import SimulatedPlatform
import Testing
import Wire

@testable import Spool

/// Invariant I2: a segment goes only when done list and journal show every recipient final.
@Suite("removal of segments")
struct RemovalTests {
    private func segments(_ fixture: QueueFixture) throws -> [String] {
        try fixture.names("/spool/segments").filter { $0.hasSuffix(".seg") }
    }

    @Test("a finished segment goes, the one with the highest number stays")
    func finished() throws {
        let fixture = try QueueFixture()
        let messages = try fixture.arrive(fixture.record(), fixture.record(recipients: 2)).messages
        try fixture.nextSegment()
        _ = try fixture.store.record([.done(messages[0]), .done(messages[1])])
        #expect(try fixture.store.maintain().retiredFiles.isEmpty)
        _ = try fixture.store.record([.done(messages[1], 1)])
        let retired = try fixture.store.maintain()
        #expect(retired.retiredFiles == ["segments/0000000000000001.seg"])
        #expect(retired.problems.isEmpty)
        #expect(try segments(fixture) == ["0000000000000002.seg"])
        fixture.writer.seal()
        _ = try fixture.store.take(fixture.notice([], sealed: true))
        #expect(try fixture.store.maintain().retiredFiles.isEmpty)
        try fixture.store.commit()
        #expect(fixture.index.rows[.segments]?.count == 1)
    }

    @Test("done lists are written for segments that outlive a journal file, and go with them")
    func folding() throws {
        let fixture = try QueueFixture()
        let first = try fixture.arrive(fixture.record(), fixture.record()).messages
        try fixture.nextSegment()
        let second = try fixture.arrive(fixture.record(), fixture.record()).messages
        try fixture.nextSegment()
        _ = try fixture.store.record([.done(first[0]), .done(second[0]), .done(second[1])])
        try fixture.restartQmgr()
        _ = try fixture.store.recoverTails()
        #expect(try fixture.store.maintain().problems.isEmpty)
        #expect(try fixture.names("/spool/segments").filter { $0.hasSuffix(".done") } == ["0000000000000001.done"])
        #expect(try fixture.names("/spool/journal").filter { $0.hasSuffix(".journal") } == ["0000000000000002.journal"])
        _ = try fixture.store.record([.done(first[1])])
        #expect(try fixture.store.maintain().retiredFiles == ["segments/0000000000000001.seg"])
        #expect(try fixture.names("/spool/segments") == ["0000000000000003.seg"])
    }

    @Test("an index that calls a segment finished is not believed")
    func lyingIndex() throws {
        let fixture = try QueueFixture()
        let messages = try fixture.arrive(fixture.record(), fixture.record()).messages
        try fixture.nextSegment()
        for message in messages { fixture.store.deferRecipients(of: message.location, [], nextAttempt: fixture.now + 60) }
        try fixture.store.commit()
        fixture.qmgr.kill()
        try fixture.index.write { writer throws(IndexError) in
            try writer.removeMessage(RecordKey(messages[0].location))
            try writer.removeMessage(RecordKey(messages[1].location))
            let key = IndexKeys.segment(1)
            var row = try SegmentRow.decode(try writer.value(.segments, key) ?? [])
            row.live = 0
            try writer.put(.segments, key, row.bytes)
        }
        try fixture.reopen()
        _ = try fixture.store.recoverTails()
        let kept = try fixture.store.maintain()
        #expect(kept.retiredFiles.isEmpty)
        #expect(kept.problems.first?.contains("1 recipients of the record at 4096 are not finished") == true)
        #expect(try segments(fixture).count == 2)
        // The next start finds both messages again.
        try fixture.restartQmgr()
        #expect(fixture.report.rebuilt == "it was found damaged before")
        #expect(try fixture.store.recoverTails().messages.count == 2)
    }

    @Test("a large content goes when its message is finished, not before", arguments: [false, true])
    func largeContent(restarted: Bool) throws {
        let fixture = try QueueFixture()
        let content = try LargeContentWriter(in: fixture.directory, fileSystem: fixture.cleanup, entropy: fixture.entropy)
        try content.append([UInt8](repeating: 0x61, count: 5000))
        var record = fixture.record()
        record.body = .large(try content.finish())
        let message = try #require(try fixture.arrive(record).messages.first)
        content.close()
        for _ in 0..<3 {
            fixture.pass(seconds: 7200)
            #expect(try fixture.store.maintain().retiredFiles.isEmpty)
        }
        if restarted {
            try fixture.restartQmgr()
            _ = try fixture.store.take(fixture.notice([], from: SegmentHeader.blockLength))
        }
        #expect(try fixture.names("/spool/large").count == 1)
        _ = try fixture.store.record([.done(message)])
        #expect(try fixture.store.maintain().retiredFiles == [message.content.bodyFile])
        #expect(try fixture.names("/spool/large").isEmpty)
    }

    @Test("a content that no record names is swept")
    func sweep() throws {
        let fixture = try QueueFixture()
        let content = try LargeContentWriter(in: fixture.directory, fileSystem: fixture.cleanup, entropy: fixture.entropy)
        try content.append([1, 2, 3])
        _ = try content.finish()
        fixture.cleanup.kill()
        _ = try fixture.store.recoverTails()
        _ = try fixture.store.maintain()
        #expect(try fixture.names("/spool/large").count == 1)
        fixture.pass(seconds: 4000)
        #expect(try fixture.store.maintain().retiredFiles.count == 1)
        #expect(try fixture.names("/spool/large").isEmpty)
    }

    @Test("a gap that a power cut tore into the last batch does not keep the segment")
    func torn() throws {
        for seed in 1..<40 {
            let fixture = try QueueFixture(seed: UInt64(seed))
            try fixture.arrive(fixture.record())
            fixture.disk.faults.powerCutAfter = fixture.disk.operations + 1
            #expect(throws: (any Error).self) {
                try fixture.store([
                    fixture.record(recipients: 20), fixture.record(), fixture.record(recipients: 20), fixture.record(),
                ])
            }
            try fixture.cutPower(.chance)
            let arrivals = try fixture.store.recoverTails()
            #expect(arrivals.problems.isEmpty)
            let events = arrivals.messages.flatMap { message in
                message.recipients.map { JournalEvent.done(message, $0.ordinal) }
            }
            _ = try fixture.store.record(events)
            let next = try SegmentWriter.create(
                in: fixture.directory, fileSystem: fixture.disk.process(), time: fixture.time, entropy: fixture.entropy,
                capacity: 1 << 16)
            _ = try fixture.store.recoverTails()
            #expect(try fixture.store.maintain().retiredFiles == ["segments/0000000000000001.seg"], "seed \(seed)")
            next.close()
        }
    }
}
