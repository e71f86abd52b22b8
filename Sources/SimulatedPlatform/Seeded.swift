internal import Platform

/// A generator whose numbers follow from its seed: a failed test names the seed and can be repeated.
package struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64
    package init(seed: UInt64) { state = seed }

    /// SplitMix64.
    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
        return value ^ value >> 31
    }
}

/// Entropy from a seed. One thread.
package final class SeededEntropy: EntropySource, @unchecked Sendable {
    private var generator: SeededGenerator
    package init(seed: UInt64) { generator = SeededGenerator(seed: seed) }
    package func next() -> UInt64 { generator.next() }
}

/// A clock that stands still until it is moved. One thread.
package final class SimulatedTime: TimeSource, @unchecked Sendable {
    /// Microseconds since 1970.
    package private(set) var wall: Int64
    package private(set) var monotonic: UInt64 = 1_000_000_000
    package init(wall: Int64 = 1_700_000_000_000_000) { self.wall = wall }

    package func advance(microseconds: Int64) {
        precondition(microseconds >= 0, "time does not go back")
        wall += microseconds
        monotonic += UInt64(microseconds) * 1000
    }

    /// A step of the wall clock alone, as by an operator or NTP.
    package func stepWall(microseconds: Int64) { wall += microseconds }
}
