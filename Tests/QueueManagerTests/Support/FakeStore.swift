import Mail
import Wire

@testable import QueueManager
@testable import Spool

/// The rules of ``QueueStore`` in a few lines: a message is in hand or put back, events make recipients final.
final class FakeStore {
    final class Record {
        var envelope: Envelope
        var final: Set<UInt32> = []
        var unreported: [UInt32: DeliveryStatus] = [:]
        var warned: Set<UInt32> = []
        var reasons: [UInt32: DeliveryStatus] = [:]
        /// nil: in qmgr's hands.
        var due: Int64?
        var isExpired = false
        var isHeld = false
        var isRequeued = false

        init(_ envelope: Envelope) { self.envelope = envelope }
        var isFinished: Bool { final.count == envelope.recipients.count }
    }

    static let nonce = SegmentNonce(high: 1, low: 2)
    var records: [RecordLocation: Record] = [:]
    var refusesToRecord = false
    var awaitsSegments = false
    var tailReadings = 0
    var slice = 1000
    /// Every event that was taken.
    var journal: [JournalEvent] = []
    private var nextOffset: UInt64 = 0

    static func location(_ offset: UInt64) -> RecordLocation { RecordLocation(segment: 1, nonce: nonce, offset: offset) }

    /// A word of cleanup about one message.
    func notice(_ envelope: Envelope) -> ArrivalNotice {
        defer { nextOffset += 8 }
        return ArrivalNotice(
            segment: 1, nonce: Self.nonce, from: nextOffset, synced: nextOffset + 8, sealed: false,
            records: [
                ArrivedRecord(
                    offset: nextOffset, length: 8, envelope: EnvelopeCoding.encode(envelope), content: Self.content,
                    committed: 0)
            ])
    }

    static let content = ContentLocation(
        file: "segments/1", header: ContentExtent(offset: 0, length: 100, crc: 0, seed: 0),
        body: ContentExtent(offset: 100, length: 900, crc: 0, seed: 0), bodyFile: nil, hasDotLines: false)

    func perform(_ batch: StoreBatch) -> StoreOutcome {
        var outcome = StoreOutcome()
        if refusesToRecord {
            outcome.recorded = batch.events.isEmpty
            outcome.canRecord = false
        } else {
            for event in batch.events { apply(event, &outcome.finished) }
        }
        for putBack in batch.putBacks {
            guard let record = records[putBack.location] else { continue }
            for deferral in putBack.deferrals { record.reasons[deferral.ordinal] = deferral.status }
            if let next = putBack.nextAttempt { record.due = record.isHeld ? .max : next }
        }
        for (token, notice) in batch.notices {
            take(notice, &outcome.arrivals)
            outcome.acknowledgements.append(
                (token, ArrivalAcknowledgement(segment: 1, read: notice.synced, sealed: false, lag: 0)))
        }
        outcome.recoveredTails = batch.recoversTails
        if batch.recoversTails { tailReadings += 1 }
        for (token, selection) in batch.selections {
            outcome.selected.append((token, QueueCommandResult(count: UInt64(makeDue(selection)), error: nil)))
        }
        for (token, job) in batch.changes { outcome.portions.append((token, change(job))) }
        if let due = batch.due {
            var arrivals = Arrivals()
            arrivals.messages = takeDue(due)
            outcome.due = arrivals
        }
        for slice in batch.slices {
            let message = stored(slice.location, after: slice.after)
            outcome.slices.append(
                .init(
                    message: slice.message, recipients: message?.recipients ?? [], hasMore: message?.hasMoreRecipients ?? false)
            )
        }
        for location in batch.loads {
            records[location]?.due = nil
            outcome.loaded.append((location, stored(location)))
        }
        outcome.awaitsSegments = awaitsSegments
        return outcome
    }

    private func apply(_ event: JournalEvent, _ finished: inout [FinishedMessage]) {
        journal.append(event)
        guard let record = records[event.location] else { return }
        switch event.change {
        case .done:
            record.final.insert(event.ordinal)
            record.unreported[event.ordinal] = nil
        case .unreported(let status): record.unreported[event.ordinal] = status
        case .delayWarned: record.warned.insert(event.ordinal)
        default: break
        }
        finishIfDone(event.location, &finished)
    }

    private func finishIfDone(_ location: RecordLocation, _ finished: inout [FinishedMessage]) {
        guard let record = records[location], record.isFinished else { return }
        records[location] = nil
        finished.append(FinishedMessage(location: location, queueID: record.envelope.queueID))
    }

    private func take(_ notice: ArrivalNotice, _ arrivals: inout Arrivals) {
        for record in notice.records {
            guard let bytes = record.envelope, case .envelope(let envelope) = try? EnvelopeCoding.decode(bytes) else {
                continue
            }
            let location = Self.location(record.offset)
            records[location] = Record(envelope)
            if let origin = envelope.origin {
                if let parent = records[origin.parent] {
                    if origin.purpose == .delayNotice {
                        parent.warned.formUnion(origin.recipients)
                    } else {
                        parent.final.formUnion(origin.recipients)
                        for ordinal in origin.recipients { parent.unreported[ordinal] = nil }
                    }
                }
                arrivals.completions.append(
                    .init(parent: origin.parent, recipients: origin.recipients, purpose: origin.purpose, child: location))
                finishIfDone(origin.parent, &arrivals.finished)
            }
            if let message = stored(location) { arrivals.messages.append(message) }
        }
    }

    /// By queue ID only.
    private func change(_ job: ChangeJob) -> ChangePortion {
        var portion = ChangePortion(job: job)
        for (location, record) in records where job.matcher.ids?.contains(record.envelope.queueID.description) ?? true {
            var message = ChangedMessage(
                location: location, queueID: record.envelope.queueID, wasInHand: record.due == nil, isFinished: false)
            if !job.isTrial { message.isFinished = apply(job.change, to: record, at: location) }
            portion.messages.append(message)
        }
        portion.job.places = []
        portion.job.changed = UInt64(portion.messages.count)
        return portion
    }

    private func apply(_ change: QueueChange, to record: Record, at location: RecordLocation) -> Bool {
        switch change {
        case .hold:
            record.isHeld = true
            if record.due != nil { record.due = .max }
        case .release:
            record.isHeld = false
            record.due = 0
        case .delete:
            records[location] = nil
            return true
        case .expire: record.isExpired = true
        case .requeue:
            record.isRequeued = true
            if record.due != nil { record.due = 0 }
        case .restore, .flush: break
        }
        return false
    }

    private func makeDue(_ selection: QueueStore.Selection) -> Int {
        var count = 0
        for record in records.values where record.due != nil {
            if case .message(let id) = selection, record.envelope.queueID != id { continue }
            record.due = 0
            count += 1
        }
        return count
    }

    private func takeDue(_ due: StoreBatch.Due) -> [StoredMessage] {
        let locations = records.filter { $0.value.due.map { $0 < due.before } ?? false }
            .sorted { ($0.value.due ?? 0, $0.key.offset) < ($1.value.due ?? 0, $1.key.offset) }.prefix(due.limit)
        return locations.compactMap { location, record in
            record.due = nil
            return stored(location)
        }
    }

    func stored(_ location: RecordLocation, after: UInt32? = nil) -> StoredMessage? {
        guard let record = records[location] else { return nil }
        var envelope = record.envelope
        envelope.recipients = []
        let all = record.envelope.recipients.enumerated().filter { !record.final.contains(UInt32($0.offset)) }
        let rest = all.filter { item in after.map { item.offset > Int($0) } ?? true }
        let recipients = rest.prefix(slice).map { index, recipient in
            QueuedRecipient(
                ordinal: UInt32(index), recipient: recipient,
                state: record.unreported[UInt32(index)].map { .unreported($0) } ?? .queued,
                delayWarned: record.warned.contains(UInt32(index)), deferral: record.reasons[UInt32(index)])
        }
        return StoredMessage(
            location: location, envelope: envelope, recipients: recipients, hasMoreRecipients: rest.count > slice,
            recipientCount: UInt32(record.envelope.recipients.count), content: Self.content, committed: 0,
            isExpired: record.isExpired, isRequeued: record.isRequeued)
    }
}
