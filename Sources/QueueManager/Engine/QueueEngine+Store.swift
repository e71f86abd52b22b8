internal import Mail
internal import MailLog
internal import Scheduling
internal import Spool
internal import Wire

/// Batches to the store, and what its answers set off.
extension QueueEngine {
    func submit() {
        guard pending == nil, startUp.isOpen else { return }
        if let rest = storeRestsUntil {
            guard now >= rest else { return }
            storeRestsUntil = nil
        }
        askForDue()
        guard !batch.isEmpty else { return }
        let next = batch
        pending = PendingBatch(batch: next, afterwards: afterwards)
        batch = StoreBatch()
        afterwards = Afterwards()
        output.perform(next)
    }

    /// Deferred mail fills four fifths of the active places: the rest is for what arrives.
    private func askForDue() {
        let room = settings.messageLimit - settings.messageLimit / 5 - active.messages
        guard wantsDue, mayDispatch, room > 0, !active.isFull, batch.due == nil else { return }
        batch.due = StoreBatch.Due(before: wall / 1_000_000 + 1, limit: min(room, Self.dueAtOnce))
    }

    /// Messages that are taken from the index at once: a batch that others wait for must stay short.
    static let dueAtOnce = 500

    package func storeCompleted(_ outcome: StoreOutcome) {
        guard let done = pending else { preconditionFailure("the store answers what it was asked") }
        pending = nil
        for problem in outcome.problems { log(.warning, problem) }
        canRecord = outcome.canRecord
        startUp.awaitsSegments = outcome.awaitsSegments
        if outcome.recoveredTails { startUp.hasReadTails = true }
        if isAwaitingSegments { nextTailReading = min(nextTailReading, now + Self.awaitedInterval) }
        askAgain(done, outcome)
        for message in outcome.finished { finished(message) }
        take(outcome.arrivals)
        for (token, acknowledgement) in outcome.acknowledgements { output.answer(token, acknowledgement) }
        if outcome.recorded { carryOn(done.afterwards) }
        takeDue(outcome.due, asked: done.batch.due)
        for slice in outcome.slices { take(slice) }
        for (location, message) in outcome.loaded { takeReported(location, message) }
        if !outcome.selected.isEmpty { wantsDue = true }
        for (token, result) in outcome.selected { output.answer(token, result) }
        for id in outcome.held {
            log(.warning, "\(id): placed on hold: it has crashed a program twice")
            output.placedOnHold(id)
        }
        for (token, portion) in outcome.portions { changed(portion, token) }
        for (token, job, error) in outcome.failedChanges { changeFailed(job, error, token) }
        for token in done.afterwards.queries { answerQuery(token, waiting: outcome.waiting) }
        if let token = done.afterwards.rebuild { rebuildMarked(token) }
        if !outcome.retiredFiles.isEmpty { output.retire(files: outcome.retiredFiles) }
        pump()
    }

    /// What failed is asked again, and first: an event must not be overtaken by a later one about the same recipient.
    private func askAgain(_ done: PendingBatch, _ outcome: StoreOutcome) {
        if !outcome.recorded {
            batch.events = done.batch.events + batch.events
            afterwards.deliveries = done.afterwards.deliveries + afterwards.deliveries
            afterwards.settling = done.afterwards.settling + afterwards.settling
            afterwards.resumed = done.afterwards.resumed + afterwards.resumed
        }
        batch.notices = outcome.failedNotices + batch.notices
        batch.slices = outcome.failedSlices + batch.slices
        batch.loads = outcome.failedLoads + batch.loads
        if !outcome.recorded || !outcome.failedNotices.isEmpty || !outcome.failedSlices.isEmpty || !outcome.failedLoads.isEmpty
        {
            storeRestsUntil = now + Self.storeRest
        }
    }

    private func carryOn(_ afterwards: Afterwards) {
        for delivery in afterwards.deliveries { deliveryJournalled(delivery) }
        for number in afterwards.settling {
            guard let message = messages[number] else { continue }
            message.isSettling = false
            settle(message)
        }
        for (token, delivery) in afterwards.resumed { output.answer(token, ReportsJournalled(delivery: delivery)) }
    }

    private func takeDue(_ due: Arrivals?, asked: StoreBatch.Due?) {
        guard let asked, let due else { return }
        if due.messages.count < asked.limit { wantsDue = false }
        take(due)
    }

    /// No recipient is left.
    func finished(_ finished: FinishedMessage) {
        notices.forget(finished.location)
        if let message = messagesByLocation[finished.location] {
            // An agent that forwards logs its own line after the child has arrived.
            guard message.deliveries == 0 else {
                message.isGone = true
                return
            }
            drop(message)
            if message.isRequeued { return }
        }
        log(.info, "\(finished.queueID.description): removed")
    }
}
