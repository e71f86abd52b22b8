import Platform
import SimulatedPlatform
import Testing

@testable import Cleanup

/// Gives the instants of a list, one after the other, as threads see them that wait for a lock after looking at the clock.
private final class ScriptedTime: TimeSource, @unchecked Sendable {
    private var instants: [UInt64]
    init(_ instants: [UInt64]) { self.instants = instants }
    var wall: Int64 { 0 }
    var monotonic: UInt64 { instants.removeFirst() }
}

@Suite("free space")
struct SpaceGaugeTests {
    @Test("a reading is used for a second, also by a thread whose clock reads less")
    func order() throws {
        let disk = SimulatedDisk(seed: 1, capacity: 1 << 20)
        let fileSystem = disk.process()
        let second: UInt64 = 1_000_000_000
        let gauge = SpaceGauge(
            path: "/", minimum: .max, fileSystem: fileSystem, time: ScriptedTime([5 * second, 5 * second - 1, 6 * second]))
        for _ in 0..<3 { #expect(gauge.isShort()) }
        #expect(!SpaceGauge(path: "/", minimum: 0, fileSystem: fileSystem, time: ScriptedTime([])).isShort())
    }
}
