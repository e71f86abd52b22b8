/// What a line of master.cf means to master.
struct ServicePlan: Equatable {
    /// Name and type: what makes it the same service after a reload.
    struct Key: Hashable {
        var name: String
        var kind: String
    }

    var key: Key
    /// The program with its folder, as the log names it.
    var path: String
    /// Behind the program's name, without what differs between workers.
    var arguments: [String]
    var endpoints: [Endpoint]
    /// Holds state: started with the suite, there is always one, and one only.
    var isPersistent: Bool
    /// Started once at the beginning (`wakeup`): it looks for work that waits since the last stop.
    var isWokenAtStart: Bool
    /// master.cf's maxproc: clients or deliveries at once over all workers; nil: no limit.
    var sessionLimit: Int?
    /// A worker's share of that; nil: all a worker cares to take.
    var workerShare: Int?
    var stopStage: StopStage

    var program: String { path.split(separator: "/").last.map(String.init) ?? path }
}

/// In which order programs end: each stage needs those after it.
enum StopStage: Int, CaseIterable, Comparable {
    /// smtpd and pickup end their transactions, delivery agents what is in hand.
    case sessionsAndDeliveries
    /// qmgr takes the last reports.
    case queueManager
    /// bounce and cleanup take the last notices and forwards.
    case writers

    static func < (left: StopStage, right: StopStage) -> Bool { left.rawValue < right.rawValue }

    init(program: String) {
        switch program {
        case "qmgr": self = .queueManager
        case "bounce", "cleanup": self = .writers
        default: self = .sessionsAndDeliveries
        }
    }
}

/// How many sessions the first worker of a service takes before a second one is started.
///
/// A worker is a process with one event loop: one serves thousands of messages a second, and each further one costs its memory
/// also when idle. So a service begins with one worker; it says when it has its share, and only then another is started, until
/// the shares are master.cf's process limit. Workers of UNIX services are never shared out: their clients are the suite's own
/// few connections.
enum WorkerShare {
    /// With less a second worker would be started for a handful of clients.
    static let minimum = 25

    static func of(limit: Int?, cores: Int, isNetwork: Bool) -> Int? {
        guard let limit, isNetwork else { return limit }
        let even = (limit + cores - 1) / max(1, cores)
        return min(limit, max(minimum, even))
    }
}
