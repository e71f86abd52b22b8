import Mail
import Platform
import SimulatedPlatform
import Testing

@testable import Spool

@Suite("the journal")
struct JournalTests {
    private let disk: SimulatedDisk
    private let directory = SpoolDirectory(path: "/spool")
    private let location = RecordLocation(segment: 1, nonce: SegmentNonce(high: 1, low: 2), offset: 4096)

    init() throws {
        disk = SimulatedDisk(seed: 1)
        try directory.prepare(disk.process())
    }

    private func journal(number: UInt64 = 1, fileLength: UInt64 = 1 << 12) throws -> Journal {
        let process = disk.process()
        let journal = Journal(
            directory: directory, fileSystem: process, entropy: SeededEntropy(seed: number), fileLength: fileLength,
            ballast: Ballast(directory: directory, fileSystem: process, size: 1 << 14), nextNumber: number)
        try journal.start()
        return journal
    }

    private func events(_ range: Range<UInt32>) -> [JournalEvent] {
        range.map { JournalEvent(.done, location: location, ordinal: $0) }
    }

    private func read(known: JournalPosition? = nil) throws -> JournalReader.Result {
        try JournalReader(directory: directory, fileSystem: disk.process()).read(known: known) { _, _ in true }
    }

    private func ordinals(_ result: JournalReader.Result) -> [UInt32] {
        (result.replay.entries[RecordKey(location)] ?? []).map(\.ordinal)
    }

    @Test("events come back in order, over many files")
    func order() throws {
        let journal = try journal()
        for start in stride(from: UInt32(0), to: 3000, by: 30) { try journal.append(events(start..<start + 30)) }
        try journal.sync()
        #expect(journal.full.count >= 10)
        disk.restart(.nothing)
        let result = try read(known: journal.synced)
        #expect(ordinals(result) == Array(0..<3000))
        #expect(result.problems.isEmpty)
    }

    @Test("a synced event survives, an unsynced one may not, and neither is called damage", arguments: Survival.allCases)
    func powerCut(survival: Survival) throws {
        for seed in 1..<30 {
            let disk = SimulatedDisk(seed: UInt64(seed))
            try directory.prepare(disk.process())
            let journal = Journal(
                directory: directory, fileSystem: disk.process(), entropy: SeededEntropy(seed: 1), fileLength: 1 << 13,
                ballast: Ballast(directory: directory, fileSystem: disk.process(), size: 1 << 14), nextNumber: 1)
            try journal.start()
            for start in stride(from: UInt32(0), to: 200, by: 10) {
                try journal.append(events(start..<start + 10))
                if start == 90 { try journal.sync() }
            }
            disk.restart(survival)
            let result = try JournalReader(directory: directory, fileSystem: disk.process()).read(known: nil) { _, _ in true }
            #expect(Array(ordinals(result).prefix(100)) == Array(0..<100))
            #expect(result.problems.isEmpty, "seed \(seed)")
            if survival == .nothing { #expect(ordinals(result).count == 100) }
            if survival == .everything { #expect(ordinals(result).count == 200) }
        }
    }

    @Test("after a failed sync or write the events stand in the next file", arguments: [true, false])
    func failure(ofSync: Bool) throws {
        let journal = try journal()
        try journal.append(events(0..<5))
        try journal.sync()
        if ofSync { disk.faults.failingSyncs = [disk.syncs] } else { disk.faults.failingWrites = [disk.writes] }
        try journal.append(events(5..<10))
        try journal.sync()
        #expect(journal.synced.file == 2)
        disk.restart(.nothing)
        let result = try read(known: journal.synced)
        #expect(Set(ordinals(result)) == Set(0..<10))
        #expect(result.problems.isEmpty)
    }

    @Test("on a full disk the ballast goes, then nothing more is begun, then room comes back")
    func fullDisk() throws {
        let journal = try journal()
        journal.ballast.restore()
        try journal.prepareSpare()
        #expect(journal.hasRoom)
        disk.capacity = disk.used
        for start in stride(from: UInt32(0), to: 330, by: 30) { try journal.append(events(start..<start + 30)) }
        try journal.prepareSpare()
        #expect(try !disk.process().list(directory.journal).contains("ballast"))
        #expect(throws: StoreError.journalFull) {
            for start in stride(from: UInt32(1000), to: 4000, by: 30) { try journal.append(events(start..<start + 30)) }
        }
        #expect(!journal.hasRoom)
        disk.capacity = .max
        try journal.prepareSpare()
        #expect(journal.hasRoom)
        try journal.append(events(330..<360))
        try journal.sync()
        #expect(Set(ordinals(try read())).isSuperset(of: 0..<360))
    }

    @Test("damage before what is known to have been synced is told", arguments: [64, 100, 150])
    func damage(offset: UInt64) throws {
        let journal = try journal()
        try journal.append(events(0..<10))
        try journal.sync()
        disk.flip(directory.journal(1), at: offset)
        #expect(try read(known: journal.synced).damagedFiles == [1])
        #expect(try read().damagedFiles.isEmpty, "it might be a torn end")
        journal.noteSynced()
        #expect(try read().damagedFiles == [1])
    }
}
