/// What master hands to a program beside its arguments, in one environment variable.
///
/// Text: `lifeline=3 listen=4,5 lease=17 generation=1 limit=100 idle=1 crumb=6 beat=10 hold=ID alone=192.0.2.1 rebuild=1`.
package struct WorkerInheritance: Equatable, Sendable {
    package static let variable = "MARTLET_WORKER"

    /// A socket to master: its end of file means that master is gone; ``WorkerState`` bytes go up.
    package var lifeline: Int32
    /// Listening sockets, shared with master and other workers of the service.
    package var listeners: [Int32]
    /// Never repeated for this spool.
    package var lease: UInt64
    package var generation: UInt32
    /// This worker's share of the service's process limit: how many clients or deliveries at once; nil: no limit.
    package var sessionLimit: Int?
    /// Whether master starts the service again on demand, so that the worker may exit when it has nothing to do.
    package var exitsWhenIdle: Bool
    /// The file of its ``Breadcrumb``.
    package var breadcrumb: Int32?
    /// Seconds between two heartbeats of its event loop; nil: master does not watch.
    package var heartbeat: Int?
    /// Messages and clients that have crashed a program twice (``MasterWord``).
    package var heldMessages: [String] = []
    package var isolatedClients: [String] = []
    /// The index has crashed qmgr twice.
    package var rebuildsIndex = false

    package init(
        lifeline: Int32, listeners: [Int32], lease: UInt64, generation: UInt32 = 1, sessionLimit: Int? = nil,
        exitsWhenIdle: Bool = false
    ) {
        self.lifeline = lifeline
        self.listeners = listeners
        self.lease = lease
        self.generation = generation
        self.sessionLimit = sessionLimit
        self.exitsWhenIdle = exitsWhenIdle
    }

    package var text: String {
        var text = "lifeline=\(lifeline) listen="
        text += listeners.map { String($0) }.joined(separator: ",")
        text += " lease=\(lease) generation=\(generation)"
        if let sessionLimit { text += " limit=\(sessionLimit)" }
        if exitsWhenIdle { text += " idle=1" }
        if let breadcrumb { text += " crumb=\(breadcrumb)" }
        if let heartbeat { text += " beat=\(heartbeat)" }
        if !heldMessages.isEmpty { text += " hold=" + heldMessages.joined(separator: ",") }
        if !isolatedClients.isEmpty { text += " alone=" + isolatedClients.joined(separator: ",") }
        if rebuildsIndex { text += " rebuild=1" }
        return text
    }

    /// nil when the text is not master's.
    package init?(_ text: String) {
        var lifeline: Int32?
        var listeners: [Int32] = []
        var lease: UInt64?
        self.init(lifeline: -1, listeners: [], lease: 0)
        for word in text.split(separator: " ") {
            let pair = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2 else { return nil }
            switch pair[0] {
            case "lifeline": lifeline = Int32(pair[1])
            case "listen":
                for number in pair[1].split(separator: ",") {
                    guard let descriptor = Int32(number), descriptor >= 0 else { return nil }
                    listeners.append(descriptor)
                }
            case "lease": lease = UInt64(pair[1])
            case "generation":
                guard let number = UInt32(pair[1]) else { return nil }
                generation = number
            case "limit":
                guard let limit = Int(pair[1]), limit > 0 else { return nil }
                sessionLimit = limit
            case "idle": exitsWhenIdle = pair[1] == "1"
            case "crumb":
                guard let number = Int32(pair[1]), number >= 0 else { return nil }
                breadcrumb = number
            case "beat":
                guard let seconds = Int(pair[1]), seconds > 0 else { return nil }
                heartbeat = seconds
            case "hold": heldMessages = pair[1].split(separator: ",").map(String.init)
            case "alone": isolatedClients = pair[1].split(separator: ",").map(String.init)
            case "rebuild": rebuildsIndex = pair[1] == "1"
            default: return nil
            }
        }
        guard let lifeline, lifeline >= 0, let lease else { return nil }
        self.lifeline = lifeline
        self.listeners = listeners
        self.lease = lease
    }
}

/// What a worker says to master on its lifeline, a byte each.
package enum WorkerState: UInt8, Sendable {
    /// Its configuration is good and its privileges are gone; it may still wait for its predecessor's lock.
    case ready = 0x52
    /// It accepts on its listening sockets.
    case serving = 0x53
    /// It is at its session limit and accepts nothing more: start another if the process limit allows.
    case full = 0x46
    /// It accepts again.
    case available = 0x41
    /// It cannot start; a sentence follows.
    case failed = 0x58
    /// Its event loop turns.
    case beat = 0x42
    /// A word follows behind its length (``LifelineReader``).
    case word = 0x57
}
