import Mail
import Platform
import SimulatedPlatform
import Wire

@testable import Spool

/// Cleanup and qmgr, reduced to what they do to the spool, driven at random from a seed. The first thing that fails because the
/// power went ends the run.
final class QueueScenario {
    static let refused = DeliveryStatus(.bounced, EnhancedStatus(.permanent, 1, 1), "user unknown")
    static let busy = DeliveryStatus(.deferred, EnhancedStatus(.temporary, 3, 2), "try later")

    struct Lane {
        var writer: SegmentWriter
        var announced = SegmentHeader.blockLength
    }

    let disk: SimulatedDisk
    let directory = SpoolDirectory(path: "/spool")
    let time = SimulatedTime()
    let entropy: SeededEntropy
    let index = MemoryIndex()
    var model = QueueModel()
    var generator: SeededGenerator
    var cleanup: SimulatedFileSystem
    var qmgr: SimulatedFileSystem
    var lanes: [Lane] = []
    var store: QueueStore?
    var inHand: [RecordLocation: StoredMessage] = [:]
    var problems: [String] = []
    private var count = 0

    init(seed: UInt64, faults: DiskFaults = DiskFaults(), capacity: UInt64 = .max) {
        disk = SimulatedDisk(seed: seed, capacity: capacity)
        disk.faults = faults
        entropy = SeededEntropy(seed: seed)
        generator = SeededGenerator(seed: seed)
        cleanup = disk.process()
        qmgr = disk.process()
    }

    /// Runs until the power goes, or to the end.
    func run(steps: Int) {
        do {
            try directory.prepare(cleanup)
            try openStore()
            for _ in 0..<steps where !disk.isOff { try step() }
            try store?.sync()
            noteSync()
        } catch {
            if !disk.isOff { problems.append("\(error)") }
        }
    }

    /// Goes on after failures, as the processes do: what a full disk refuses is refused again or works later.
    func runWithTroubles(steps: Int) {
        for _ in 0..<steps {
            do { try step() } catch { lanes.removeAll { $0.writer.state != .open } }
        }
        problems = []
    }

    func openStore() throws {
        var limits = QueueStore.Limits()
        limits.journalFile = 2048
        limits.ballast = 4096
        limits.indexAfter = 500_000
        let (opened, report) = try QueueStore.open(
            directory: directory, fileSystem: qmgr, index: index, time: time, entropy: entropy, limits: limits)
        store = opened
        problems += report.problems
        try receive(opened.recoverTails())
    }

    /// Everything dies, the power comes back, a new qmgr takes over.
    func recover(_ survival: Survival, keepingCommits: Bool) throws {
        qmgr.kill()
        cleanup.kill()
        disk.restart(survival)
        disk.faults = DiskFaults()
        index.failure = nil
        index.cutPower(keepingCommits: keepingCommits)
        qmgr = disk.process()
        cleanup = disk.process()
        lanes = []
        inHand = [:]
        problems = []
        try directory.prepare(cleanup)
        try openStore()
        try store?.sync()
    }

    private func step() throws {
        guard let store else { return }
        time.advance(microseconds: Int64.random(in: 1000...400_000, using: &generator))
        switch Int.random(in: 0..<100, using: &generator) {
        case 0..<28: try arrive(store)
        case 28..<55: try report(store)
        case 55..<63: try bounce(store)
        case 63..<68: try operate(store)
        case 68..<74: try receive(store.due(before: time.wall / 1_000_000, limit: 5))
        case 74..<77: _ = try store.makeDue(.all)
        case 77..<87: try store.tick()
        case 87..<90: try store.commit()
        case 90..<95:
            problems += try store.maintain().problems
        case 95..<97: try restartQmgr()
        default: try roll(store)
        }
        noteSync()
    }

    func noteSync() {
        guard let store, !disk.isOff, !store.journal.hasUnsynced, store.pendingEvents.isEmpty else { return }
        model.everythingIsSynced()
    }

    func receive(_ arrivals: Arrivals) throws {
        for message in arrivals.messages { inHand[message.location] = message }
        for message in arrivals.finished { inHand[message.location] = nil }
        for completion in arrivals.completions where inHand[completion.parent] != nil {
            inHand[completion.parent] = try store?.load(completion.parent)
        }
        problems += arrivals.problems
    }

    // MARK: cleanup

    func lane() throws -> Int {
        if lanes.count < 2 {
            lanes.append(
                Lane(
                    writer: try SegmentWriter.create(
                        in: directory, fileSystem: cleanup, time: time, entropy: entropy, capacity: 8192)))
            return lanes.count - 1
        }
        return Int.random(in: 0..<lanes.count, using: &generator)
    }

    private func arrive(_ store: QueueStore) throws {
        let batch = (0..<Int.random(in: 1...3, using: &generator)).map { _ in
            record(recipients: Int.random(in: 1...3, using: &generator), onHold: Int.random(in: 0..<10, using: &generator) == 0)
        }
        try append(batch, store)
    }

    private func record(recipients: Int, origin: MessageOrigin? = nil, onHold: Bool = false) -> (Envelope, QueueModel.Record) {
        count += 1
        var envelope = Envelope(
            queueID: QueueID(microseconds: 1, unique: UInt64(count)), sender: .null,
            recipients: (0..<recipients).map {
                EnvelopeRecipient(EmailAddress(localPart: "r\($0)", domain: "d\(count % 3).test"))
            },
            arrival: time.wall)
        envelope.origin = origin
        envelope.onHold = onHold
        return (envelope, .init(recipients: recipients, origin: origin, isOnHold: onHold, isAcknowledged: false))
    }

    private func append(_ batch: [(Envelope, QueueModel.Record)], _ store: QueueStore) throws {
        let chosen = try lane()
        let writer = lanes[chosen].writer
        let records = batch.map { envelope, _ in
            NewRecord(
                envelope: envelope, headerBlock: Array("Subject: x\r\n\r\n".utf8), body: .inline(Array("body\r\n".utf8)),
                hasDotLines: false)
        }
        guard records.reduce(0, { $0 + $1.storedLength }) <= writer.room else { return try seal(chosen, store) }
        var offset = writer.synced
        var locations: [RecordLocation] = []
        for (record, (_, expected)) in zip(records, batch) {
            let location = RecordLocation(
                segment: writer.identity.number, nonce: writer.identity.nonce, offset: offset)
            model.add(expected, at: location)
            locations.append(location)
            offset += record.storedLength
        }
        let arrived: [ArrivedRecord]
        do {
            arrived = try writer.append(records)
        } catch {
            // Condemned: the client hears 451. The segment is announced as ending before the batch.
            if disk.isOff { throw error }
            return try seal(chosen, store)
        }
        for (location, (_, expected)) in zip(locations, batch) {
            var expected = expected
            expected.isAcknowledged = true
            model.add(expected, at: location)
        }
        if Int.random(in: 0..<5, using: &generator) > 0 { try announce(chosen, arrived, store) }
    }

    private func announce(_ chosen: Int, _ records: [ArrivedRecord], sealed: Bool = false, _ store: QueueStore) throws {
        let writer = lanes[chosen].writer
        let notice = ArrivalNotice(
            segment: writer.identity.number, nonce: writer.identity.nonce, from: records.first?.offset ?? writer.synced,
            synced: writer.synced, sealed: sealed, records: records)
        lanes[chosen].announced = writer.synced
        try receive(store.take(notice))
    }

    private func seal(_ chosen: Int, _ store: QueueStore) throws {
        lanes[chosen].writer.seal()
        try announce(chosen, [], sealed: true, store)
        lanes[chosen].writer.close()
        lanes.remove(at: chosen)
    }

    private func roll(_ store: QueueStore) throws {
        if let chosen = lanes.indices.randomElement(using: &generator) { try seal(chosen, store) }
    }

    // MARK: qmgr

    func record(_ events: [JournalEvent], _ store: QueueStore) throws {
        for event in events { model.add(event) }
        for message in try store.record(events) { inHand[message.location] = nil }
    }

    private func anybody() -> StoredMessage? {
        inHand.values.min { ($0.location.segment, $0.location.offset) < ($1.location.segment, $1.location.offset) }
            .flatMap { first in
                let all = inHand.values.sorted {
                    ($0.location.segment, $0.location.offset) < ($1.location.segment, $1.location.offset)
                }
                return all.randomElement(using: &generator) ?? first
            }
    }

    /// Agents report about a message.
    private func report(_ store: QueueStore) throws {
        guard let message = anybody() else { return }
        var events: [JournalEvent] = []
        var deferrals: [Deferral] = []
        for recipient in message.recipients where recipient.state == .queued {
            switch Int.random(in: 0..<5, using: &generator) {
            case 0, 1: events.append(JournalEvent(.done, location: message.location, ordinal: recipient.ordinal))
            case 2:
                events.append(JournalEvent(.unreported(Self.refused), location: message.location, ordinal: recipient.ordinal))
            default: deferrals.append(Deferral(ordinal: recipient.ordinal, status: Self.busy, site: "d"))
            }
        }
        try record(events, store)
        guard inHand[message.location] != nil else { return }
        let delay = Int64.random(in: 0...2, using: &generator)
        store.deferRecipients(of: message.location, deferrals, nextAttempt: time.wall / 1_000_000 + delay)
        inHand[message.location] = nil
    }

    /// A notice for the failed recipients of a message, sometimes twice.
    private func bounce(_ store: QueueStore) throws {
        guard
            let message = inHand.values.sorted(by: { $0.location.offset < $1.location.offset }).first(where: { message in
                message.recipients.contains { $0.state != .queued }
            })
        else { return }
        let failed = message.recipients.filter { $0.state != .queued }.map(\.ordinal)
        let origin = MessageOrigin(parent: message.location, recipients: failed, purpose: .failureNotice)
        for _ in 0...(Int.random(in: 0..<4, using: &generator) == 0 ? 1 : 0) {
            try append([record(recipients: 1, origin: origin)], store)
        }
    }

    /// An operator holds or releases.
    private func operate(_ store: QueueStore) throws {
        guard let message = anybody() else { return }
        let change = Bool.random(using: &generator) ? JournalEvent.Change.held : .released
        try record([JournalEvent(change, location: message.location)], store)
        store.deferRecipients(of: message.location, [], nextAttempt: time.wall / 1_000_000)
        inHand[message.location] = nil
    }

    private func restartQmgr() throws {
        qmgr.kill()
        qmgr = disk.process()
        inHand = [:]
        try openStore()
        var inspection = try SpoolInspection(directory, disk.process())
        var states: [RecordLocation: [RecipientState]] = [:]
        try inspection.forEach { states[$0.location] = $0.states }
        model.restart { location, ordinal in states[location]?[Int(ordinal)] }
        for chosen in lanes.indices {
            guard let store else { return }
            let writer = lanes[chosen].writer
            try receive(
                store.take(
                    ArrivalNotice(
                        segment: writer.identity.number, nonce: writer.identity.nonce, from: lanes[chosen].announced,
                        synced: writer.synced, sealed: false, records: [])))
        }
    }
}
