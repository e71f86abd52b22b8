/// What main.cf and master.cf allow one transport: Postfix's `<transport>_…` parameters. Zero means no limit.
package struct TransportLimits: Hashable, Sendable {
    /// The maxproc column of master.cf: deliveries at once over all destinations.
    package var processLimit = 100
    package var initialConcurrency = 5
    package var concurrencyLimit = 20
    package var recipientLimit = 50
    package var positiveFeedback = Feedback.one
    package var negativeFeedback = Feedback.one
    package var failedCohortLimit = 1
    /// After each delivery the destination rests; implies one delivery at a time to it.
    package var destinationRateDelay = Duration.zero
    /// After the start of each delivery the whole transport rests.
    package var transportRateDelay = Duration.zero

    package init() {}

    /// As Postfix does: a rate delay allows one at a time, and the first window is within the limit.
    var normalised: TransportLimits {
        var limits = self
        if destinationRateDelay > .zero { limits.concurrencyLimit = 1 }
        if limits.concurrencyLimit > 0 {
            limits.initialConcurrency = min(limits.initialConcurrency, limits.concurrencyLimit)
        }
        limits.initialConcurrency = max(1, limits.initialConcurrency)
        return limits
    }
}
