import Mail
import Platform

/// The bytes of a record that say anything about its message.
struct ErasedParts {
    /// In the segment: envelope, header block and body.
    var range: Range<UInt64>
}

extension QueueStore {
    /// Where the bytes of an entry's record are; nil when it cannot be read: then there is nothing that could be read again.
    func parts(of entry: Entry, _ problems: inout [String]) throws(StoreError) -> ErasedParts? {
        var arrivals = Arrivals()
        defer { problems += arrivals.problems }
        guard let (record, _) = try record(of: entry, &arrivals) else { return nil }
        return ErasedParts(range: record.location.offset + UInt64(RecordHeader.length)..<record.end)
    }

    /// Erases the parts of a record that is finished; its header stays, so that a reader can step over it. The event that finishes it is
    /// synced before.
    ///
    /// *Failure:* the bytes stay until the segment goes; said in `problems`.
    func erase(_ parts: ErasedParts, of entry: Entry, _ problems: inout [String]) {
        readers.forget(entry.location.segment)
        do throws(SystemError) {
            let file = try fileSystem.open(directory.segment(entry.location.segment), .readWrite)
            defer { file.close() }
            do throws(SystemError) {
                try file.punchHole(parts.range)
            } catch {
                // Not every file system can.
                try file.write([UInt8](repeating: 0, count: parts.range.count), at: parts.range.lowerBound)
            }
            try file.sync()
            if let bodyFile = entry.bodyFile {
                try fileSystem.unlink(directory.path + "/" + bodyFile)
                try fileSystem.syncDirectory(directory.large)
            }
        } catch {
            problems.append("\(entry.queueID): deleted, but its bytes cannot be erased now: \(error)")
        }
    }
}
