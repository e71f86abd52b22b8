import DaemonKit
import Platform
import QueueManager

/// Agents that live because a test says so.
final class FakeCensus: AgentCensus {
    var living: [AgentPresence.Holder] = []
    func holders() -> [AgentPresence.Holder] { living }

    func add(_ lease: UInt64, _ task: AgentPresence.Task = .deliveries) {
        living.append(.init(lease: lease, task: task, process: Int32(lease)))
    }
    func remove(_ lease: UInt64) { living.removeAll { $0.lease == lease } }
}
