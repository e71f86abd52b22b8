internal import DaemonKit
internal import Spool

/// The commit pipeline on its threads: takes prepared messages, gives verdicts, and tells the announcer what arrived.
///
/// *Failure:* a verdict other than `committed` means that nothing of the message counts as stored.
@EventLoopActor
final class GroupCommit {
    private struct Ticket {
        let completion: (CommitVerdict) -> Void
    }

    private var pipeline = CommitPipeline<Ticket>()
    private let lanes: [CommitLane]
    private let threads = BlockingThreads(count: CommitPipeline<Ticket>.laneCount)
    private let announcer: ArrivalAnnouncer
    private var onEmpty: (() -> Void)?

    init(lanes: [CommitLane], announcer: ArrivalAnnouncer) {
        precondition(lanes.count == CommitPipeline<Ticket>.laneCount, "as many lanes as the pipeline has")
        self.lanes = lanes
        self.announcer = announcer
    }

    /// Bytes of messages without a verdict.
    var pendingBytes: UInt64 { pipeline.pendingBytes }
    var isEmpty: Bool { pipeline.isEmpty }

    func commit(_ record: LaneRecord, completion: @escaping (CommitVerdict) -> Void) {
        if let dispatch = pipeline.submit(record, Ticket(completion: completion)) { start(dispatch) }
    }

    private func start(_ dispatch: CommitPipeline<Ticket>.Dispatch) {
        let lane = lanes[dispatch.lane]
        let number = dispatch.lane
        let records = dispatch.records
        threads.run({ lane.commit(records) }, then: { [self] outcome in finished(number, outcome) })
    }

    private func finished(_ lane: Int, _ outcome: LaneOutcome) {
        let (verdicts, next) = pipeline.finished(lane, outcome)
        // The next batch first: the disk works while the answers go out.
        if let next { start(next) }
        for (ticket, verdict) in verdicts { ticket.completion(verdict) }
        announcer.note(outcome)
        if pipeline.isEmpty, let onEmpty {
            self.onEmpty = nil
            onEmpty()
        }
    }

    /// Waits for what is in flight, then seals the segments and says so.
    func stop() async {
        if !pipeline.isEmpty { await withCheckedContinuation { continuation in onEmpty = { continuation.resume() } } }
        var outcome = LaneOutcome()
        for lane in lanes {
            if let ended = lane.finish() { outcome.ended.append(ended) }
        }
        announcer.note(outcome)
    }
}
