import Mail
import Platform

/// What maintenance remembers from one time to the next.
struct Upkeep {
    /// Monotonic nanoseconds.
    var lastSweep: UInt64?
    var lastReaderCheck: UInt64 = 0
    /// Segments without a header, and when they were first seen so (monotonic nanoseconds).
    var blank: [UInt64: UInt64] = [:]
    /// Segments whose trouble was told.
    var reported: Set<UInt64> = []
}

extension QueueStore {
    private static let sweepInterval: UInt64 = 3600 * 1_000_000_000
    private static let readerCheckInterval: UInt64 = 60 * 1_000_000_000

    /// Folds full journal files, removes segments and large contents that nobody needs.
    ///
    /// - Returns: files that are gone, relative to queue_directory (agents close their descriptors), and what is wrong.
    package func maintain() throws(StoreError) -> (retiredFiles: [String], problems: [String]) {
        var problems = troubles
        troubles = []
        do throws(StoreError) { try journal.prepareSpare() } catch { problems.append("\(error)") }
        journal.ballast.restore()
        try mendDoneLists(&problems)
        try fold(&problems)
        removeBlankSegments(&problems)
        var retired = try removeSegments(&problems)
        retired += try removeContents(&problems)
        try sweepContents(&retired, &problems)
        let monotonic = time.monotonic
        if monotonic &- upkeep.lastReaderCheck >= Self.readerCheckInterval {
            upkeep.lastReaderCheck = monotonic
            do throws(IndexError) { try index.forgetDeadReaders() } catch { problems.append("queue index: \(error)") }
        }
        return (retired, problems)
    }

    /// Large contents of messages that are finished: their events are synced first.
    private func removeContents(_ problems: inout [String]) throws(StoreError) -> [String] {
        guard !retiredContents.isEmpty else { return [] }
        try sync()
        let names = retiredContents
        retiredContents = []
        for name in names {
            do throws(SystemError) {
                try fileSystem.unlink(directory.path + "/" + name)
            } catch {
                if !error.isMissing { problems.append(error.description) }
            }
        }
        return names
    }

    /// Contents that no record names, left by a cleanup that died. Only while everything on disk is known.
    private func sweepContents(_ retired: inout [String], _ problems: inout [String]) throws(StoreError) {
        let monotonic = time.monotonic
        if let last = upkeep.lastSweep, monotonic &- last < Self.sweepInterval { return }
        guard awaitedSegments.isEmpty, segments.values.allSatisfy({ $0.keptFrom == nil }) else { return }
        upkeep.lastSweep = monotonic
        var referenced = Set(live.values.compactMap(\.bodyFile))
        try indexed { reader throws(IndexError) in
            try reader.scan(.messages, from: []) { _, value throws(IndexError) in
                if let file = try MessageRow.decode(value).bodyFile { referenced.insert(file) }
                return true
            }
        }
        do throws(SystemError) {
            let removed = try largeSweep.look(in: directory, fileSystem: fileSystem) {
                referenced.contains(SpoolDirectory.relativeLarge($0))
            }
            retired += removed.map(SpoolDirectory.relativeLarge)
        } catch {
            problems.append(error.description)
        }
    }
}
