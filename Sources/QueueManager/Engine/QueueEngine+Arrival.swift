internal import Mail
internal import MailLog
internal import Scheduling
internal import Spool
package import Wire

/// Mail comes into qmgr's hands.
extension QueueEngine {
    /// From cleanup.
    package func arrived(_ notice: ArrivalNotice, token: ReplyToken) {
        batch.notices.append((token, notice))
        pump()
    }

    func take(_ arrivals: Arrivals) {
        for problem in arrivals.problems { log(.warning, problem) }
        for completion in arrivals.completions { complete(completion) }
        for message in arrivals.finished { finished(message) }
        for message in arrivals.duplicates { log(.info, "\(message.queueID.description): removed (repeated)") }
        for message in arrivals.messages { admit(message) }
    }

    /// What there is no room for goes to the index, due at once.
    private func admit(_ stored: StoredMessage) {
        guard messagesByLocation[stored.location] == nil else { return }
        if active.admits(sender: stored.envelope.sender.internalForm) {
            activate(stored)
        } else {
            batch.putBacks.append(.init(location: stored.location, deferrals: [], nextAttempt: wall / 1_000_000))
            wantsDue = true
        }
    }

    @discardableResult
    func activate(_ stored: StoredMessage) -> ActiveMessage {
        let message = ActiveMessage(number: nextMessageNumber(), stored: stored, activated: wall)
        message.isRequeued = stored.isRequeued
        messages[message.number] = message
        messagesByLocation[message.location] = message
        active.enter(sender: message.sender, recipients: 0)
        if stored.isRequeued {
            requeue(message)
            return message
        }
        let envelope = stored.envelope
        log(
            .info,
            "\(envelope.queueID.description): from=<\(envelope.sender.externalForm)>, size=\(stored.content.size), nrcpt=\(stored.recipientCount) (queue active)"
        )
        append(stored.recipients, hasMore: stored.hasMoreRecipients, to: message)
        return message
    }

    func take(_ slice: StoreOutcome.LoadedSlice) {
        guard let message = messages[slice.message] else { return }
        message.isLoadingSlice = false
        if message.isRequeued { return appendRequeued(slice.recipients, hasMore: slice.hasMore, to: message) }
        append(slice.recipients, hasMore: slice.hasMore, to: message)
    }

    private func append(_ recipients: [QueuedRecipient], hasMore: Bool, to message: ActiveMessage) {
        // Loaded again when its pass begins anew.
        if message.isWithdrawn { return settleLater(message) }
        let start = message.recipients.entries.count
        message.recipients.append(recipients)
        message.nextSlice = hasMore ? recipients.last?.ordinal : nil
        message.loaded += recipients.count
        active.load(recipients: recipients.count)
        assign(message, from: start)
        loadMoreIfNeeded(message)
        settleLater(message)
    }

    /// Long lists are read in slices, the next one when the last is half decided.
    func loadMoreIfNeeded(_ message: ActiveMessage) {
        guard let after = message.nextSlice, !message.isLoadingSlice else { return }
        guard message.recipients.outstanding <= StoreBatch.sliceLength / 2 else { return }
        forgetDecided(message)
        message.isLoadingSlice = true
        message.nextSlice = nil
        batch.slices.append(.init(message: message.number, location: message.location, after: after))
    }

    /// Gives the memory of decided recipients back; reasons of deferrals go to the store.
    private func forgetDecided(_ message: ActiveMessage) {
        // A delay warning names the deferred ones: they stay until the end of the pass.
        guard !settings.retry.isWarningDue(arrival: message.stored.envelope.arrival, now: wall) else { return }
        let before = message.recipients.entries.count
        let deferred = message.recipients.compact()
        message.forgottenDeferrals += deferred.count
        let gone = before - message.recipients.entries.count
        message.loaded -= gone
        active.unload(recipients: gone)
        guard !deferred.isEmpty else { return }
        batch.putBacks.append(
            .init(location: message.location, deferrals: deferred.compactMap(Self.deferral), nextAttempt: nil))
    }

    static func deferral(_ entry: RecipientTable.Entry) -> Deferral? {
        guard case .deferred(let status) = entry.state else { return nil }
        return Deferral(ordinal: entry.ordinal, status: status, site: entry.site)
    }

    /// The message leaves qmgr's memory.
    func drop(_ message: ActiveMessage) {
        messages[message.number] = nil
        messagesByLocation[message.location] = nil
        leaveActive(message)
    }

    func leaveActive(_ message: ActiveMessage) {
        guard message.countsAsActive else { return }
        message.countsAsActive = false
        active.unload(recipients: message.loaded)
        message.loaded = 0
        active.leave(sender: message.sender)
    }

    /// A child arrived: it stands for these recipients of its parent (architecture, section 3, step 6).
    private func complete(_ completion: Arrivals.Completion) {
        notices.completed(completion.parent, completion.purpose, completion.recipients)
        guard let message = messagesByLocation[completion.parent] else { return }
        for ordinal in completion.recipients {
            guard let index = message.recipients.index(of: ordinal) else { continue }
            if completion.purpose == .delayNotice {
                message.recipients.setDelayWarned(index)
            } else {
                message.recipients.set(index, .final)
            }
        }
        settleLater(message)
    }
}
