/// An instant of the monotonic clock, nanoseconds. Timers use it; due times of mail are wall time.
package struct Uptime: Hashable, Comparable, Sendable {
    package var nanoseconds: UInt64
    package init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

    package static func < (left: Uptime, right: Uptime) -> Bool { left.nanoseconds < right.nanoseconds }

    /// Saturates: a pause of a thousand years never comes back as one in the past.
    package static func + (left: Uptime, right: Duration) -> Uptime {
        let (seconds, attoseconds) = right.components
        guard seconds >= 0, seconds < 1 << 33 else { return Uptime(nanoseconds: seconds < 0 ? left.nanoseconds : .max) }
        let pause = UInt64(seconds) * 1_000_000_000 + UInt64(max(0, attoseconds) / 1_000_000_000)
        let (sum, overflow) = left.nanoseconds.addingReportingOverflow(pause)
        return Uptime(nanoseconds: overflow ? .max : sum)
    }

    /// Zero when `earlier` is later.
    package func since(_ earlier: Uptime) -> Duration {
        guard self > earlier else { return .zero }
        return .nanoseconds(Int64(clamping: nanoseconds - earlier.nanoseconds))
    }
}
