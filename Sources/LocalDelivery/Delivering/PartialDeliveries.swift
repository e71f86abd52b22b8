internal import DaemonKit
internal import Mail

/// What of a recipient's expansion this process has delivered, when the rest had to be deferred: the next attempt leaves it out.
///
/// *Failure:* what is forgotten (a restart, or more than ``capacity`` recipients) is delivered twice, as in Postfix.
@EventLoopActor
final class PartialDeliveries {
    static let capacity = 10_000

    struct Key: Hashable {
        var location: RecordLocation
        var ordinal: UInt32
    }
    private var done: [Key: Set<String>] = [:]

    func contains(_ target: String, _ key: Key) -> Bool { done[key]?.contains(target) ?? false }

    func remember(_ targets: Set<String>, _ key: Key) {
        guard !targets.isEmpty else { return }
        if done.count >= Self.capacity { done = [:] }
        done[key, default: []].formUnion(targets)
    }

    func forget(_ key: Key) { if !done.isEmpty { done[key] = nil } }
}
