package import DaemonKit
package import Platform
internal import Scheduling

/// Who may have something of an earlier qmgr's in hand, and lives.
package protocol AgentCensus {
    func holders() throws(SystemError) -> [AgentPresence.Holder]
}

extension AgentPresence: AgentCensus {}

/// What a new qmgr waits for before it dispatches: until every agent that lives has presented what it has in hand, or is free of it, or
/// has died; and before it asks for notices: until those that its predecessor asked for are made.
///
/// *Failure:* an agent that lives and says nothing is waited for ``patience``, then taken for dead, with a warning.
struct AgentRollCall {
    private enum State {
        /// The queue is not ours yet, its earlier owner may still be dispatching.
        case early
        case waiting(Set<AgentPresence.Holder>, until: Uptime)
        /// Whoever was free of notices announced them to cleanup, whose word may still be on its way.
        case settling(until: Uptime)
        case over
    }

    private var state = State.early
    /// Agents that have presented everything.
    private var presented: Set<UInt64> = []
    private let patience: Duration

    /// While agents are waited for the census is taken this often.
    static let interval = Duration.milliseconds(20)
    /// From the last mark of bounce to the arrival of its notice here.
    private static let announcement = Duration.milliseconds(50)

    init(patience: Duration) { self.patience = patience }

    /// The queue's lock is ours: nobody is given anything any more but by us.
    mutating func begin(_ census: some AgentCensus, now: Uptime) throws(SystemError) {
        state = .waiting(Set(try census.holders()), until: now + patience)
        try review(census, now: now)
    }

    mutating func hasPresentedAll(_ agent: UInt64) { presented.insert(agent) }

    /// - Returns: those that are waited for no longer although they live.
    @discardableResult
    mutating func review(_ census: some AgentCensus, now: Uptime) throws(SystemError) -> [AgentPresence.Holder] {
        switch state {
        case .early, .over: return []
        case .settling(let until):
            if now >= until { state = .over }
            return []
        case .waiting(let before, let until):
            let living = before.isEmpty ? [] : Set(try census.holders())
            let waiting = before.filter { living.contains($0) && !($0.task == .deliveries && presented.contains($0.lease)) }
            if waiting.isEmpty || now >= until {
                presented = []
                state = before.contains { $0.task == .notices } ? .settling(until: now + Self.announcement) : .over
                return waiting.sorted { $0.lease < $1.lease }
            }
            state = .waiting(waiting, until: until)
            return []
        }
    }

    /// Deliveries may be given out.
    var allowsDispatch: Bool {
        switch state {
        case .early: false
        case .waiting(let holders, _): !holders.contains { $0.task == .deliveries }
        case .settling, .over: true
        }
    }

    /// Notices may be asked for.
    var isOver: Bool {
        if case .over = state { true } else { false }
    }

    /// Whether ``review(_:now:)`` is to be called again.
    var isWaiting: Bool {
        switch state {
        case .early, .over: false
        case .waiting, .settling: true
        }
    }
}
