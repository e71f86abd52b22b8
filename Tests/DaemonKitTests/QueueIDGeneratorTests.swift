import Mail
import Platform
import Testing

@testable import DaemonKit

@Suite("queue IDs")
struct QueueIDGeneratorTests {
    /// A clock that the test sets.
    private final class Clock: TimeSource, @unchecked Sendable {
        var wall: Int64 = 1_700_000_000_000_000
        var monotonic: UInt64 { 0 }
    }

    @Test("a clock that stands still repeats none")
    func standing() {
        var generator = QueueIDGenerator(lease: 1, time: Clock())
        var seen: Set<QueueID> = []
        for _ in 0..<70_000 { seen.insert(generator.next()) }
        #expect(seen.count == 70_000)
    }

    @Test("a clock that goes back repeats none")
    func steppingBack() {
        let clock = Clock()
        var generator = QueueIDGenerator(lease: 1, time: clock)
        var seen: Set<QueueID> = []
        for round in 0..<70_000 {
            if round % 1000 == 999 { clock.wall -= 500_000 }
            clock.wall += 300
            seen.insert(generator.next())
        }
        #expect(seen.count == 70_000)
    }

    @Test("two processes at the same instants have none in common")
    func leases() {
        let clock = Clock()
        var first = QueueIDGenerator(lease: 1, time: clock)
        var second = QueueIDGenerator(lease: 2, time: clock)
        var seen: Set<QueueID> = []
        for _ in 0..<70_000 {
            clock.wall += 1
            seen.insert(first.next())
            seen.insert(second.next())
        }
        #expect(seen.count == 140_000)
    }

    @Test("they fit mailq's column for a long time")
    func length() {
        var generator = QueueIDGenerator(lease: 5000, time: Clock())
        let id = generator.next()
        #expect(id.description.utf8.count <= 17)
    }
}
