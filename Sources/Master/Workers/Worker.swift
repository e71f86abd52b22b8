internal import Platform

/// A process of a service.
struct Worker: Equatable {
    enum State: UInt8, Equatable {
        /// It reads its configuration.
        case starting = 1
        /// Its configuration is good; it may wait for its predecessor.
        case ready = 2
        case serving = 3
        /// It has its share of sessions and accepts no more.
        case full = 4
    }

    let process: Int32
    /// Our end; -1 once it is closed.
    var lifeline: Int32
    let generation: UInt32
    /// Of the service's session limit; nil: no limit.
    let share: Int?
    let started: Duration
    /// The file of its ``Breadcrumb``; -1: none.
    var breadcrumb: Int32 = -1
    var state = State.starting
    var servedSince: Duration?
    /// How long its event loop may give no sign of life; nil: it was not asked to.
    var watchdog: Duration?
    var lastBeat: Duration?
    /// It has been asked to end.
    var isDraining = false
    /// It was killed by us.
    var isKilled = false
    /// Its last words, when it could not start.
    var complaint: [UInt8]?
    /// What it opened at its start.
    var tables: [WatchedFile] = []
    /// Cuts what it says into words.
    var reader = LifelineReader()

    func isHung(at now: Duration) -> Bool { deadline.map { now >= $0 } ?? false }

    /// When it is taken for hung, unless it says something.
    var deadline: Duration? {
        guard let watchdog, state != .starting, !isKilled else { return nil }
        return (lastBeat ?? started) + watchdog
    }

    var accepts: Bool { !isDraining && state != .full }

    var opensChangedTable: Bool { tables.contains(where: \.hasChanged) }
}
