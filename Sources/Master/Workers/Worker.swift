/// A process of a service.
struct Worker {
    enum State: Equatable {
        /// It reads its configuration.
        case starting
        /// Its configuration is good; it may wait for its predecessor.
        case ready
        case serving
        /// It has its share of sessions and accepts no more.
        case full
    }

    let process: Int32
    /// Our end; -1 once it is closed.
    var lifeline: Int32
    let generation: UInt32
    /// Of the service's session limit; nil: no limit.
    let share: Int?
    let started: Duration
    var state = State.starting
    var servedSince: Duration?
    /// It has been asked to end.
    var isDraining = false
    /// It was killed by us.
    var isKilled = false
    /// Its last words, when it could not start.
    var complaint: [UInt8]?

    var accepts: Bool { !isDraining && state != .full }
}
