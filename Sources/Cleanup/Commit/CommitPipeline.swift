internal import Spool

/// Which messages are written together, and when: group commit over two lanes.
///
/// Each lane has a segment and at most one batch in flight. A message that finds all lanes free leaves at once. While a batch is
/// being synced, messages gather, and the first lane that is done takes them all; where syncs take long, a second lane does not
/// wait for that (``overlapping``). No timers: one sync serves one message when there is little to do, and hundreds under load. No I/O here: the caller runs each ``Dispatch`` on its lane
/// (``CommitLane/commit(_:)``), one thread for each, and hands the outcome back.
/// *Failure:* every message gets exactly one verdict, whatever the lanes report.
package struct CommitPipeline<Ticket> {
    package static var laneCount: Int { 2 }
    /// A batch takes no more messages than fit into these (but always one).
    package static var batchBytes: UInt64 { 4 << 20 }
    package static var batchMessages: Int { 1000 }

    /// A batch to be written on this lane.
    package struct Dispatch {
        package let lane: Int
        package let records: [LaneRecord]
    }

    private var gathering: [(ticket: Ticket, record: LaneRecord)] = []
    /// Of `gathering`, how many have left already.
    private var departed = 0
    private var inFlight: [[Ticket]?]
    /// Bytes of the messages that are gathering or in flight.
    package private(set) var pendingBytes: UInt64 = 0
    private var flightBytes: [UInt64]
    /// Batches overlap when the last one took at least this long. On a disk that syncs in a fraction of a millisecond a second
    /// batch in flight only halves the size of both: measured at 20 sessions, 0.6 syncs and 2.2 switches between threads for
    /// each message instead of half of that.
    private let overlapping: Duration
    /// Unknown at first: then they overlap.
    private var lastDuration: Duration

    /// - Parameter overlapping: zero: always.
    package init(overlapping: Duration = .milliseconds(1)) {
        self.overlapping = overlapping
        lastDuration = overlapping
        inFlight = Array(repeating: nil, count: Self.laneCount)
        flightBytes = Array(repeating: 0, count: Self.laneCount)
    }

    /// Neither gathering nor in flight.
    package var isEmpty: Bool { departed == gathering.count && inFlight.allSatisfy { $0 == nil } }

    /// Takes a message. Its verdict comes with the ticket from ``finished(_:_:)``.
    package mutating func submit(_ record: LaneRecord, _ ticket: Ticket) -> Dispatch? {
        gathering.append((ticket, record))
        pendingBytes += record.record.storedLength
        guard let free = inFlight.firstIndex(where: { $0 == nil }) else { return nil }
        guard lastDuration >= overlapping || inFlight.allSatisfy({ $0 == nil }) else { return nil }
        return dispatch(on: free)
    }

    /// A lane is done: the verdicts on its messages, and what it does next.
    package mutating func finished(
        _ lane: Int, _ outcome: LaneOutcome
    ) -> (verdicts: [(ticket: Ticket, verdict: CommitVerdict)], next: Dispatch?) {
        guard let tickets = inFlight[lane] else { preconditionFailure("a lane finished a batch that it did not have") }
        precondition(outcome.verdicts.count == tickets.count, "a lane owes each of its messages a verdict")
        inFlight[lane] = nil
        pendingBytes -= flightBytes[lane]
        lastDuration = outcome.duration
        let verdicts = zip(tickets, outcome.verdicts).map { (ticket: $0, verdict: $1) }
        return (verdicts, departed < gathering.count ? dispatch(on: lane) : nil)
    }

    private mutating func dispatch(on lane: Int) -> Dispatch {
        var bytes: UInt64 = 0
        var tickets: [Ticket] = []
        var records: [LaneRecord] = []
        while departed < gathering.count, records.count < Self.batchMessages {
            let length = gathering[departed].record.record.storedLength
            if !records.isEmpty, bytes + length > Self.batchBytes { break }
            bytes += length
            tickets.append(gathering[departed].ticket)
            records.append(gathering[departed].record)
            departed += 1
        }
        if departed == gathering.count {
            gathering.removeAll(keepingCapacity: true)
            departed = 0
        } else if departed > Self.batchMessages {
            gathering.removeFirst(departed)
            departed = 0
        }
        inFlight[lane] = tickets
        flightBytes[lane] = bytes
        return Dispatch(lane: lane, records: records)
    }
}
