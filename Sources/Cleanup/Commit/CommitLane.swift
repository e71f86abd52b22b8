internal import Mail
package import Platform
package import Spool
package import Wire

/// A record on its way to a lane.
package struct LaneRecord: Sendable {
    package var record: NewRecord
    /// Made inside the suite: may use the space that is kept back from outside mail.
    package var isInternal: Bool
    package init(record: NewRecord, isInternal: Bool) {
        self.record = record
        self.isInternal = isInternal
    }
}

package enum CommitVerdict: Equatable, Sendable {
    /// On stable storage: the message is accepted.
    case committed
    /// A write, a sync or the making of a segment failed; nothing was accepted. The record may be in the file all the same, and be
    /// found by the next owner: what it names must stay.
    case failed(SystemError)
    /// The disk is full, or has less room than outside mail may use. Nothing was written.
    case noSpace
}

/// What a lane did with a batch.
package struct LaneOutcome: Sendable {
    package var verdicts: [CommitVerdict] = []
    /// A segment that was made for it.
    package var opened: SegmentIdentity?
    package var committed: Committed?
    package var ended: [EndedSegment] = []
    /// How long the batch took, its sync included.
    package var duration = Duration.zero

    package struct Committed: Sendable {
        package var segment: SegmentIdentity
        package var from: UInt64
        package var synced: UInt64
        package var records: [ArrivedRecord]
    }
}

/// A segment to which nothing more is appended.
package struct EndedSegment: Sendable {
    package var segment: SegmentIdentity
    package var synced: UInt64
    /// Condemned: keep it open, and thereby locked, until qmgr knows where it ends. Whoever takes over an ownerless segment reads on
    /// behind that offset, where the messages are that were refused.
    package var condemned: SegmentWriter?
}

/// Writes batches, one after the other, into segments of its own. Blocking; runs on one thread.
///
/// *Failure:* a failed write or sync condemns the segment; the batch fails as a whole, and the next batch gets a new segment.
package final class CommitLane: @unchecked Sendable {
    private let directory: SpoolDirectory
    private let fileSystem: any FileSystem
    private let time: any TimeSource
    private let entropy: any EntropySource
    private let space: SpaceGauge
    private let capacity: UInt64
    private var writer: SegmentWriter?

    /// When there is no room for a segment of the usual size.
    private static let smallCapacity: UInt64 = 1 << 20

    package init(
        directory: SpoolDirectory, fileSystem: any FileSystem, time: any TimeSource, entropy: any EntropySource,
        space: SpaceGauge, capacity: UInt64 = SegmentWriter.defaultCapacity
    ) {
        self.directory = directory
        self.fileSystem = fileSystem
        self.time = time
        self.entropy = entropy
        self.space = space
        self.capacity = capacity
    }

    package func commit(_ batch: [LaneRecord]) -> LaneOutcome {
        let began = time.monotonic
        var outcome = LaneOutcome()
        let records = admitted(batch, &outcome)
        guard !records.isEmpty else { return outcome }
        let verdict = store(records, &outcome)
        for index in outcome.verdicts.indices where outcome.verdicts[index] == .committed { outcome.verdicts[index] = verdict }
        outcome.duration = .nanoseconds(Int64(time.monotonic &- began))
        return outcome
    }

    /// Outside mail is refused when space is short. The others are noted as committed for now.
    private func admitted(_ batch: [LaneRecord], _ outcome: inout LaneOutcome) -> [NewRecord] {
        outcome.verdicts.reserveCapacity(batch.count)
        var records: [NewRecord] = []
        records.reserveCapacity(batch.count)
        let isShort = space.isShort()
        for item in batch {
            if isShort && !item.isInternal {
                outcome.verdicts.append(.noSpace)
            } else {
                outcome.verdicts.append(.committed)
                records.append(item.record)
            }
        }
        return records
    }

    private func store(_ records: [NewRecord], _ outcome: inout LaneOutcome) -> CommitVerdict {
        let length = records.reduce(0) { $0 + $1.storedLength }
        let writer: SegmentWriter
        do throws(SystemError) {
            writer = try writerWithRoom(for: length, &outcome)
        } catch {
            space.forget()
            return error.meansFull ? .noSpace : .failed(error)
        }
        do throws(SystemError) {
            let from = writer.synced
            let arrived = try writer.append(records)
            outcome.committed = .init(segment: writer.identity, from: from, synced: writer.synced, records: arrived)
            return .committed
        } catch {
            space.forget()
            outcome.ended.append(EndedSegment(segment: writer.identity, synced: writer.synced, condemned: writer))
            self.writer = nil
            return .failed(error)
        }
    }

    private func writerWithRoom(for length: UInt64, _ outcome: inout LaneOutcome) throws(SystemError) -> SegmentWriter {
        if let writer, writer.room >= length { return writer }
        if let ended = finish() { outcome.ended.append(ended) }
        let made: SegmentWriter
        do throws(SystemError) {
            made = try create(capacity, room: length)
        } catch  where error.code == SystemError.noSpace && length < Self.smallCapacity && capacity > Self.smallCapacity {
            made = try create(Self.smallCapacity, room: length)
        }
        writer = made
        outcome.opened = made.identity
        return made
    }

    private func create(_ capacity: UInt64, room: UInt64) throws(SystemError) -> SegmentWriter {
        try SegmentWriter.create(
            in: directory, fileSystem: fileSystem, time: time, entropy: entropy, capacity: capacity, room: room)
    }

    /// Seals the segment, gives its lock back.
    package func finish() -> EndedSegment? {
        guard let writer else { return nil }
        self.writer = nil
        writer.close()
        return EndedSegment(segment: writer.identity, synced: writer.synced, condemned: nil)
    }
}

extension SystemError {
    var meansFull: Bool { code == Self.noSpace || code == Self.quotaExceeded }
}
