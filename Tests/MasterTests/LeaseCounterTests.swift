import Platform
import SimulatedPlatform
import Testing

@testable import Master

@Suite("numbers that are never given out twice")
struct LeaseCounterTests {
    private static func disk(seed: UInt64 = 1) throws -> SimulatedDisk {
        let disk = SimulatedDisk(seed: seed)
        let files = disk.process()
        try files.makeDirectory("data", permissions: 0o700)
        try files.syncDirectory(".")
        return disk
    }

    private static func counter(_ disk: SimulatedDisk) -> LeaseCounter {
        LeaseCounter(directory: "data", files: disk.process(), time: SimulatedTime())
    }

    @Test("they count from one, and go on above after a restart")
    func restart() throws {
        let disk = try Self.disk()
        var first = Self.counter(disk)
        for expected in 1...40 as ClosedRange<UInt64> {
            let lease = try first.next()
            #expect(lease == expected)
        }
        var second = Self.counter(disk)
        let next = try second.next()
        #expect(next == 49)
    }

    @Test("a power cut after any operation repeats none", arguments: Survival.allCases)
    func powerCut(_ survival: Survival) throws {
        for operation in 0..<40 {
            let disk = try Self.disk(seed: UInt64(operation))
            var given: Set<UInt64> = []
            disk.faults.powerCutAfter = disk.operations + operation
            var counter = Self.counter(disk)
            while !disk.isOff, given.count < 100 {
                guard let lease = try? counter.next() else { break }
                let isNew = given.insert(lease).inserted
                #expect(isNew)
            }
            disk.faults = DiskFaults()
            disk.restart(survival)
            var next = Self.counter(disk)
            for _ in 0..<40 {
                let lease = try next.next()
                let isNew = given.insert(lease).inserted
                #expect(isNew, "\(lease) twice, power cut after operation \(operation)")
            }
        }
    }

    @Test("a damaged file is replaced by a number from the clock", arguments: ["", "x\n", "12", "999999999999999999999\n"])
    func damage(_ contents: String) throws {
        let disk = try Self.disk()
        let files = disk.process()
        let file = try files.open("data/lease", .createNew(permissions: 0o600))
        try file.write(Array(contents.utf8), at: 0)
        file.close()
        var counter = Self.counter(disk)
        let lease = try counter.next()
        #expect(lease == 1_700_000_001)
    }

    @Test("no number without its block on the disk")
    func failingSync() throws {
        let disk = try Self.disk()
        disk.faults.failingSyncs = [disk.syncs, disk.syncs + 1]
        var counter = Self.counter(disk)
        #expect(throws: SystemError.self) { try counter.next() }
    }
}
