package import Mail
package import Platform

/// Makes queue IDs that no other message of this spool has, ever: the unique number is master's lease above and a counter
/// below; the time never goes back, and goes on when the counter begins anew.
package struct QueueIDGenerator: Sendable {
    /// Bits of the counter: few, so that IDs stay short.
    private static let counterBits: UInt64 = 16

    private let lease: UInt64
    private let time: any TimeSource
    private var counter: UInt64 = 0
    private var last: Int64 = 0

    package init(lease: UInt64, time: any TimeSource = SystemTime()) {
        precondition(lease < 1 << (64 - Self.counterBits), "the lease is master's, and it counts from 1")
        self.lease = lease
        self.time = time
    }

    package mutating func next() -> QueueID {
        counter = (counter &+ 1) & (1 << Self.counterBits - 1)
        let now = time.wall
        if counter == 0, now <= last { last += 1 } else { last = max(last, now) }
        return QueueID(microseconds: last, unique: lease << Self.counterBits | counter)
    }
}
