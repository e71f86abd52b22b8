/// When deferred mail is tried again, warned about and given up. Pure arithmetic on wall time, microseconds since 1970.
package struct RetryPolicy: Hashable, Sendable {
    package var minimalBackoff = Duration.seconds(300)
    package var maximalBackoff = Duration.seconds(4000)
    package var maximalQueueLifetime = Duration.seconds(5 * 86_400)
    package var bounceQueueLifetime = Duration.seconds(5 * 86_400)
    /// Zero: no warnings.
    package var delayWarning = Duration.zero

    package init() {}

    /// The pause is the message's age, within the two limits: attempts get rarer as it gets older.
    package func nextAttempt(arrival: Int64, now: Int64) -> Int64 {
        let low = microseconds(minimalBackoff)
        let high = max(low, microseconds(maximalBackoff))
        return clampedSum(now, min(max(age(arrival, now), low), high))
    }

    /// Asked after an attempt only: a wrong clock at start-up must not expire the queue.
    package func isExpired(arrival: Int64, nullSender: Bool, now: Int64) -> Bool {
        age(arrival, now) >= microseconds(nullSender ? bounceQueueLifetime : maximalQueueLifetime)
    }

    package func isWarningDue(arrival: Int64, now: Int64) -> Bool {
        delayWarning > .zero && age(arrival, now) >= microseconds(delayWarning)
    }

    /// Never negative: a message from the future is new.
    private func age(_ arrival: Int64, _ now: Int64) -> Int64 {
        let (difference, overflow) = now.subtractingReportingOverflow(arrival)
        return overflow ? 0 : max(0, difference)
    }
}

/// Microseconds, saturating.
func microseconds(_ duration: Duration) -> Int64 {
    let (seconds, attoseconds) = duration.components
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
    return overflow ? (seconds < 0 ? .min : .max) : clampedSum(product, attoseconds / 1_000_000_000_000)
}

func clampedSum(_ left: Int64, _ right: Int64) -> Int64 {
    let (sum, overflow) = left.addingReportingOverflow(right)
    return overflow ? (right < 0 ? .min : .max) : sum
}
