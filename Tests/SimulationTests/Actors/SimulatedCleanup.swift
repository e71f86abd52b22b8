import Mail
import Platform
import SimulatedPlatform
import Spool
import Wire

@testable import Cleanup

/// A cleanup process: the real pipeline, lanes and book of arrivals, with the scenario in the place of threads and sockets.
///
/// A batch that was handed to a lane runs when the scenario says so (``runLane(_:)``), so that lanes end in any order and messages
/// gather meanwhile.
final class SimulatedCleanup {
    private let world: World
    let fileSystem: SimulatedFileSystem
    /// Always over both lanes: the disk's syncs take no time here.
    private var pipeline = CommitPipeline<Ticket>(overlapping: .zero)
    private let lanes: [CommitLane]
    private var dispatched: [Int: CommitPipeline<Ticket>.Dispatch] = [:]
    private let space: SpaceGauge
    /// For qmgr, as the sockets would carry them.
    private(set) var book = ArrivalBook()
    private(set) var notices: [ArrivalNotice] = []
    private(set) var verdicts: [CommitVerdict] = []

    struct Ticket {
        var message: TestMessage
        var large: LargeContentJob?
    }

    init(_ world: World, capacity: UInt64 = 1 << 15, minimumFree: UInt64 = 0) {
        self.world = world
        let fileSystem = world.disk.process()
        self.fileSystem = fileSystem
        let space = SpaceGauge(path: world.directory.path, minimum: minimumFree, fileSystem: fileSystem, time: world.time)
        self.space = space
        lanes = (0..<CommitPipeline<Ticket>.laneCount).map { _ in
            CommitLane(
                directory: world.directory, fileSystem: fileSystem, time: world.time, entropy: world.entropy, space: space,
                capacity: capacity)
        }
    }

    /// A message has come as a whole.
    func submit(_ message: TestMessage, isInternal: Bool = false) {
        let record = NewRecord(
            envelope: message.envelope, headerBlock: message.headerBlock, body: .inline(message.body), hasDotLines: false)
        enqueue(record, Ticket(message: message), isInternal)
    }

    /// A message whose body was streamed. It gets its verdict at once when its file cannot be stored.
    func submitLarge(_ message: TestMessage, parts: Int) {
        let job = LargeContentJob(
            directory: world.directory, fileSystem: fileSystem, entropy: world.entropy, space: space)
        let length = max(1, message.body.count / parts)
        for start in stride(from: 0, to: message.body.count, by: length) {
            let part = Array(message.body[start..<min(start + length, message.body.count)])
            if job.write([part]) != nil { return job.abandon() }
        }
        guard case .success(let body) = job.finish() else { return job.abandon() }
        let record = NewRecord(
            envelope: message.envelope, headerBlock: message.headerBlock, body: .large(body.content), hasDotLines: false)
        enqueue(record, Ticket(message: message, large: job), false)
    }

    private func enqueue(_ record: NewRecord, _ ticket: Ticket, _ isInternal: Bool) {
        if let dispatch = pipeline.submit(LaneRecord(record: record, isInternal: isInternal), ticket) {
            dispatched[dispatch.lane] = dispatch
        }
    }

    var busyLanes: [Int] { dispatched.keys.sorted() }

    /// A lane's thread does its batch; the verdicts reach the clients.
    func runLane(_ lane: Int) {
        guard let dispatch = dispatched.removeValue(forKey: lane) else { return }
        let outcome = lanes[lane].commit(dispatch.records)
        let (verdicts, next) = pipeline.finished(lane, outcome)
        if let next { dispatched[next.lane] = next }
        for (ticket, verdict) in verdicts {
            self.verdicts.append(verdict)
            if verdict == .committed { world.promises.accept(ticket.message) }
            if verdict == .noSpace { ticket.large?.abandon() } else { ticket.large?.close() }
        }
        notices += book.note(outcome, canSend: true)
    }

    /// Until nothing waits.
    func runAll() {
        while let lane = busyLanes.randomElement(using: &world.chance) { runLane(lane) }
    }

    /// qmgr connects, or connects again.
    func connect() { notices += book.connected() }

    func acknowledge(_ acknowledgement: ArrivalAcknowledgement) { book.acknowledged(acknowledgement)?.close() }

    /// The process ends as it should.
    func stop() {
        runAll()
        var outcome = LaneOutcome()
        for lane in lanes { if let ended = lane.finish() { outcome.ended.append(ended) } }
        notices += book.note(outcome, canSend: true)
    }

    /// kill -9
    func kill() { fileSystem.kill() }
}
