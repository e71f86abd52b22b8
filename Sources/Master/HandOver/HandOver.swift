/// What a master leaves to the program that takes its place in the same process (`martlet upgrade`): descriptors, children, and
/// what it knows of them.
struct HandOver: Equatable {
    /// An open socket and where it listens.
    struct Listener: Equatable {
        var endpoint: Endpoint
        var descriptor: Int32
    }

    struct ServiceRecord: Equatable {
        var plan: ServicePlan
        var generation: UInt32
        var crashes: UInt64
        var badStarts: UInt64
        var workers: [Worker]
    }

    /// What cannot change while mail is served.
    var queueDirectory: String
    var dataDirectory: String
    var pidFile: String
    var generation: UInt32
    var upgrades: UInt32
    /// Monotonic.
    var started: Duration
    /// The locked pid file.
    var lock: Int32
    var control: Int32
    /// Who asked for the upgrade and waits for the answer; -1: nobody.
    var client: Int32
    var listeners: [Listener]
    var services: [ServiceRecord]
    var retired: [ServiceRecord]
    var crashes: CrashBook

    /// Those that must stay open when the process executes its successor.
    var descriptors: [Int32] {
        let workers = (services + retired).flatMap(\.workers)
        let all = [lock, control, client] + listeners.map(\.descriptor) + workers.flatMap { [$0.lifeline, $0.breadcrumb] }
        return all.filter { $0 >= 0 }
    }
}
