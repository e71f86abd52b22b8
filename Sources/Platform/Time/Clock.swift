internal import Glibc

/// The seam to time. Due times are wall time, timers monotonic.
package protocol TimeSource: Sendable {
    /// Microseconds since 1970.
    var wall: Int64 { get }
    /// Nanoseconds since some instant of this boot; never goes back.
    var monotonic: UInt64 { get }
}

/// The clocks of this machine.
package struct SystemTime: TimeSource {
    package init() {}

    package var wall: Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }

    package var monotonic: UInt64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}

/// The seam to randomness: 64 unpredictable bits.
package protocol EntropySource: Sendable {
    func next() -> UInt64
}

/// The kernel's generator.
package struct SystemEntropy: EntropySource {
    package init() {}
    package func next() -> UInt64 {
        var generator = SystemRandomNumberGenerator()
        return generator.next()
    }
}
