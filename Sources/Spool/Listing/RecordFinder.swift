package import Mail
package import Platform

/// A record found by its queue ID.
package struct FoundMessage: Sendable {
    package var location: RecordLocation
    package var envelope: Envelope
    package var content: ContentLocation
    /// Microseconds since 1970.
    package var committed: Int64
    /// Where it is, and the ordinals of those that are still queued; nil when it is too young for the index.
    package var state: (place: QueueFilter.State, queued: Set<UInt32>)?
}

/// Finds a message's record for whoever wants to read it, without writing a byte: by the index, or, when it is too young for that, in
/// the segments, the newest first.
///
/// *Failure:* throws when the spool cannot be read; a message that is gone is nil.
package struct RecordFinder {
    private let directory: SpoolDirectory
    private let fileSystem: any FileSystem

    package init(_ directory: SpoolDirectory, _ fileSystem: any FileSystem) {
        self.directory = directory
        self.fileSystem = fileSystem
    }

    package func find(_ id: QueueID) throws(StoreError) -> FoundMessage? {
        if let found = try inIndex(id) { return found }
        return try inSegments(id)
    }

    private func inIndex(_ id: QueueID) throws(StoreError) -> FoundMessage? {
        var options = LMDBIndex.Options()
        options.isReadOnly = true
        let index = LMDBIndex(directory: directory.index, options: options)
        defer { index.close() }
        let rows: (key: RecordKey, row: MessageRow, queued: Set<UInt32>)?
        do throws(IndexError) {
            try index.open()
            rows = try index.read { reader throws(IndexError) in
                for key in try reader.records(.queueIDs, QueueDigest.of(id.description), limit: 16) {
                    guard let row = try reader.message(key), row.queueID == id else { continue }
                    let queued = try reader.recipients(of: key).filter { $0.row.flags.isDisjoint(with: .outOfQueue) }
                    return (key, row, Set(queued.map(\.ordinal)))
                }
                return nil
            }
        } catch {
            // Without an index everything is in the segments.
            return nil
        }
        guard let rows else { return nil }
        do throws(SegmentError) {
            let reader = try SegmentReader(rows.key.segment, in: directory, fileSystem: fileSystem)
            defer { reader.close() }
            guard reader.identity.nonce == rows.row.nonce else { return nil }
            var found = message(try reader.record(at: rows.key.offset))
            found?.state = (rows.row.place, rows.queued)
            return found
        } catch {
            throw .segment(error)
        }
    }

    private func inSegments(_ id: QueueID) throws(StoreError) -> FoundMessage? {
        let numbers: [UInt64]
        do throws(SystemError) { numbers = try directory.segmentNumbers(fileSystem) } catch { throw .system(error) }
        for number in numbers.reversed() {
            do throws(SegmentError) {
                let reader = try SegmentReader(number, in: directory, fileSystem: fileSystem)
                defer { reader.close() }
                var scan = reader.scan(to: reader.fileSize)
                while let item = try scan.next() {
                    guard case .record(let record) = item, let found = message(record), found.envelope.queueID == id else {
                        continue
                    }
                    return found
                }
            } catch {
                // Being made, removed meanwhile, or damaged: it may be in another.
                continue
            }
        }
        return nil
    }

    private func message(_ record: StoredRecord) -> FoundMessage? {
        guard case .envelope(let envelope)? = try? EnvelopeCoding.decode(record.envelope) else { return nil }
        return FoundMessage(
            location: record.location, envelope: envelope, content: record.content, committed: record.written, state: nil)
    }
}
