/// How many deliveries at once a destination bears, learnt from their outcomes: Postfix's algorithm (SCHEDULER_README,
/// "Concurrency scheduling"), with a hysteresis of one.
///
/// A dead destination gets nothing until somebody revives it; mail for it is deferred unseen.
struct ConcurrencyWindow {
    private(set) var size: Int
    private(set) var isDead = false
    private var success = 0.0
    private var failure = 0.0
    private var failedCohorts = 0.0

    /// Guards against rounding: 1/8 added eight times counts as one.
    private static let epsilon = 0.001

    init(_ limits: TransportLimits) { size = limits.initialConcurrency }

    /// - Parameter busy: deliveries in hand, with the one that has just succeeded.
    mutating func succeeded(busy: Int, _ limits: TransportLimits) {
        // Only a step up ends the cycle of negative feedback; else that would be too aggressive.
        failedCohorts = 0
        if isDead {
            revive(busy: busy, limits)
            return
        }
        let limit = limits.concurrencyLimit
        // Kept near the true concurrency: otherwise negative feedback would take effect too late.
        guard limit == 0 || size < limit, size < busy + limits.initialConcurrency else { return }
        success += limits.positiveFeedback.value(window: size)
        while success + Self.epsilon >= 1 {
            size += 1
            success -= 1
            failure = 0
        }
        if limit > 0 { size = min(size, limit) }
    }

    /// The destination itself failed (no connection, or a greeting of 4xx).
    mutating func failed(_ limits: TransportLimits) {
        guard !isDead else { return }
        failedCohorts += 1 / Double(size)
        if limits.failedCohortLimit > 0, failedCohorts >= Double(limits.failedCohortLimit) {
            isDead = true
            return
        }
        failure -= limits.negativeFeedback.value(window: size)
        while failure - Self.epsilon < 0 {
            size -= 1
            success = 0
            failure += 1
        }
        // At one the cycle goes on, so that negative feedback can cancel positive feedback.
        size = max(1, size)
    }

    /// Back from the almost grave: the best concurrency is anyone's guess.
    mutating func revive(busy: Int, _ limits: TransportLimits) {
        isDead = false
        size = busy > 0 ? busy : limits.initialConcurrency
        success = 0
        failure = 0
        failedCohorts = 0
    }
}
