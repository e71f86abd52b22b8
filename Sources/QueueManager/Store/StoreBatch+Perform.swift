internal import Mail
package import Spool
internal import Wire

extension StoreBatch {
    /// Asks the store. Blocks.
    ///
    /// *Failure:* each part fails for itself, with a sentence in `problems`; what must not be lost is in the outcome to be
    /// asked again.
    package func perform(on store: QueueStore) -> StoreOutcome {
        var outcome = StoreOutcome()
        record(on: store, &outcome)
        for putBack in putBacks {
            store.deferRecipients(of: putBack.location, putBack.deferrals, nextAttempt: putBack.nextAttempt)
        }
        for id in crashing {
            attempt("hold \(id)", &outcome) { _ throws(StoreError) in try store.holdWhenMet(id) }
        }
        takeNotices(on: store, &outcome)
        change(on: store, &outcome)
        select(on: store, &outcome)
        load(on: store, &outcome)
        loadReported(on: store, &outcome)
        attempt("index and journal", &outcome) { outcome throws(StoreError) in
            if commits || store.hasHeld { try store.commitAll() } else { try store.tick() }
            // Nobody is told before it is in the journal.
            outcome.held = store.takeHeld()
        }
        if listsWaiting { outcome.waiting = store.waitingListing() }
        if marksRebuild { store.demandRebuild() }
        if maintains {
            attempt("spool maintenance", &outcome) { outcome throws(StoreError) in
                let (retired, problems) = try store.maintain()
                outcome.retiredFiles = retired
                outcome.problems += problems
            }
        }
        outcome.canRecord = store.canRecord
        outcome.awaitsSegments = !store.awaitedSegments.isEmpty
        return outcome
    }

    private func record(on store: QueueStore, _ outcome: inout StoreOutcome) {
        guard !events.isEmpty else { return }
        do throws(StoreError) {
            outcome.finished = try store.record(events)
        } catch {
            outcome.recorded = false
            outcome.problems.append("\(events.count) events cannot be written: \(error)")
        }
    }

    private func takeNotices(on store: QueueStore, _ outcome: inout StoreOutcome) {
        for (token, notice) in notices {
            do throws(StoreError) {
                outcome.arrivals.append(try store.take(notice))
                outcome.acknowledgements.append((token, store.acknowledgement(for: notice.segment)))
            } catch {
                outcome.failedNotices.append((token, notice))
                outcome.problems.append("arrivals in segment \(notice.segment): \(error)")
            }
        }
        guard recoversTails else { return }
        attempt("tails of segments", &outcome) { outcome throws(StoreError) in
            outcome.arrivals.append(try store.recoverTails())
            outcome.recoveredTails = true
        }
    }

    private func select(on store: QueueStore, _ outcome: inout StoreOutcome) {
        for (token, selection) in selections {
            do throws(StoreError) {
                let count = try store.makeDue(selection)
                outcome.selected.append((token, QueueCommandResult(count: UInt64(max(0, count)), error: nil)))
            } catch {
                outcome.selected.append((token, QueueCommandResult(count: 0, error: error.description)))
            }
        }
        if let due {
            attempt("due mail", &outcome) { outcome throws(StoreError) in
                outcome.due = try store.due(before: due.before, limit: due.limit)
            }
        }
    }

    private func change(on store: QueueStore, _ outcome: inout StoreOutcome) {
        for (token, job) in changes {
            do throws(StoreError) {
                let portion = try store.perform(job)
                outcome.problems += portion.problems
                outcome.portions.append((token, portion))
            } catch {
                outcome.failedChanges.append((token, job, error.description))
            }
        }
    }

    private func load(on store: QueueStore, _ outcome: inout StoreOutcome) {
        for slice in slices {
            do throws(StoreError) {
                let (recipients, hasMore) = try store.moreRecipients(
                    of: slice.location, after: slice.after, limit: Self.sliceLength)
                outcome.slices.append(.init(message: slice.message, recipients: recipients, hasMore: hasMore))
            } catch {
                outcome.failedSlices.append(slice)
                outcome.problems.append("recipients after \(slice.after): \(error)")
            }
        }
    }

    private func loadReported(on store: QueueStore, _ outcome: inout StoreOutcome) {
        for location in loads {
            do throws(StoreError) {
                outcome.loaded.append((location, try store.load(location)))
            } catch {
                outcome.failedLoads.append(location)
                outcome.problems.append("a message that an agent reports about: \(error)")
            }
        }
    }

    /// Recipients of a long list that are read at once.
    static let sliceLength = 1000

    private func attempt(_ what: String, _ outcome: inout StoreOutcome, _ body: (inout StoreOutcome) throws(StoreError) -> Void)
    {
        do throws(StoreError) { try body(&outcome) } catch { outcome.problems.append("\(what): \(error)") }
    }
}

extension Arrivals {
    fileprivate mutating func append(_ other: Arrivals) {
        messages += other.messages
        completions += other.completions
        finished += other.finished
        duplicates += other.duplicates
        problems += other.problems
    }
}
