internal import Mail
internal import Platform

/// What is in the rest of a segment whose owner is gone.
package struct SegmentTail: Equatable, Sendable {
    package var records: [StoredRecord] = []
    /// Damage before the last batch: mail that had been acknowledged.
    package var damaged: [DamagedRange] = []
    /// Parts of the last batch that never got there. It was not acknowledged, or its acknowledged neighbours would verify too.
    package var torn: [Range<UInt64>] = []
    /// Behind the last record that verifies: the segment ends here for ever.
    package var end: UInt64
}

extension SegmentReader {
    /// Reads what a dead owner left from `start` on: takes its lock, syncs (what it wrote but did not sync is in the page cache,
    /// and would be gone after a power cut), and reads up to the last record that verifies, contents included.
    ///
    /// The cache is dropped before reading: when one of the owner's syncs failed, Linux calls the lost pages clean, and this sync
    /// succeeds (pitfalls S9). Only what is on the disk is believed.
    /// - Returns: nil when the owner lives.
    package func takeOver(from start: UInt64) throws(SegmentError) -> SegmentTail? {
        guard try tryLock() else { return nil }
        forgetWindow()
        // An error of this sync says nothing about which bytes are there; reading them does.
        try? file.sync()
        do {
            try file.dropCache()
        } catch {
            throw .system(error)
        }
        var tail = SegmentTail(end: start)
        var damaged: [DamagedRange] = []
        var lastBatch = start
        var scan = scan(from: start, to: fileSize, verifyingContent: true)
        while let item = try scan.next() {
            switch item {
            case .record(let record):
                lastBatch = max(lastBatch, record.batchStart)
                tail.end = record.end
                tail.records.append(record)
            case .damaged(let damage): damaged.append(damage)
            }
        }
        for damage in damaged where damage.range.lowerBound < tail.end {
            if damage.range.lowerBound >= lastBatch { tail.torn.append(damage.range) } else { tail.damaged.append(damage) }
        }
        return tail
    }
}
