internal import DaemonKit

/// How much content the sessions of this process hold in memory together (smtpd_content_memory_limit).
@EventLoopActor
final class ContentBudget {
    private let limit: Int
    private(set) var used = 0

    init(limit: Int) { self.limit = limit }

    var isExceeded: Bool { used > limit }

    func add(_ octets: Int) { used += octets }

    func remove(_ octets: Int) {
        used -= octets
        precondition(used >= 0, "more content given back than taken")
    }
}
