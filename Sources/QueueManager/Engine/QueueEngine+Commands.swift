package import Mail
internal import Scheduling
internal import Spool
package import Wire

/// What tools and showq ask.
extension QueueEngine {
    package func command(_ command: QueueCommand, token: ReplyToken) {
        switch command.action {
        case .flushAll:
            scheduler.forgetDead()
            batch.selections.append((token, .all))
        case .flushSite(let site):
            scheduler.forgetDead(destination: site.lowercasedASCII)
            batch.selections.append((token, .site(site)))
        case .flushMessage(let id):
            scheduler.forgetDead()
            batch.selections.append((token, .message(id)))
        case .change(let change, let filter, let isTrial):
            if change == .flush, !isTrial { scheduler.forgetDead() }
            changing.insert(token)
            let matcher = QueueMatcher(filter, now: wall / 1_000_000)
            batch.changes.append((token, ChangeJob(change, matcher, isTrial: isTrial)))
        case .rebuildIndex:
            batch.marksRebuild = true
            afterwards.rebuild = token
        }
        pump()
    }

    /// The message has crashed a program twice, so master says.
    package func holdWhenMet(_ id: QueueID) {
        batch.crashing.append(id)
        wantsDue = true
        pump()
    }

    /// A tool that went away: what it has not been told of is not done.
    package func toolLeft(_ token: ReplyToken) { changing.remove(token) }

    // MARK: Changes

    func changed(_ portion: ChangePortion, _ token: ReplyToken) {
        if !portion.job.isTrial {
            for message in portion.messages { follow(portion.job.change, message) }
            switch portion.job.change {
            case .release, .restore, .flush, .requeue: wantsDue = true
            case .hold, .delete, .expire: break
            }
        }
        guard changing.contains(token) else { return }
        output.answer(token, QueueChanges(ids: portion.messages.map(\.queueID), examined: portion.job.examined))
        if portion.job.isDone {
            changing.remove(token)
            output.answer(token, QueueCommandResult(count: portion.job.changed, error: nil))
        } else {
            batch.changes.append((token, portion.job))
        }
    }

    func changeFailed(_ job: ChangeJob, _ error: String, _ token: ReplyToken) {
        guard changing.remove(token) != nil else { return }
        output.answer(token, QueueCommandResult(count: job.changed, error: error))
    }

    func rebuildMarked(_ token: ReplyToken) {
        output.answer(token, QueueCommandResult(count: 0, error: nil))
        output.restart()
    }

    /// A message that an operator changed may be in our hands.
    private func follow(_ change: QueueChange, _ changed: ChangedMessage) {
        if changed.isFinished { notices.forget(changed.location) }
        guard let message = messagesByLocation[changed.location] else { return }
        switch change {
        case .expire: message.isExpired = true
        case .hold, .requeue: withdraw(message)
        case .delete:
            withdraw(message)
            if message.deliveries == 0 { drop(message) } else { message.isGone = true }
        case .restore:
            // Deliveries were under way when it was deleted: when they end, it is put back.
            message.isGone = false
            settleLater(message)
        case .release, .flush: break
        }
    }

    /// Dispatches nothing more of it; when the deliveries under way have ended it leaves our hands.
    private func withdraw(_ message: ActiveMessage) {
        message.isWithdrawn = true
        message.nextSlice = nil
        for index in message.recipients.entries.indices {
            guard case .waiting = message.recipients.entries[index].state else { continue }
            message.recipients.set(index, .withheld)
        }
        settleLater(message)
    }

    // MARK: Requeueing

    /// `postsuper -r`: pickup hands it to cleanup again, and the arrival of that child completes these recipients.
    func requeue(_ message: ActiveMessage) {
        appendRequeued(message.stored.recipients, hasMore: message.stored.hasMoreRecipients, to: message)
    }

    /// Of a long list each slice becomes a message of its own.
    func appendRequeued(_ recipients: [QueuedRecipient], hasMore: Bool, to message: ActiveMessage) {
        guard !message.isWithdrawn else { return settleLater(message) }
        let start = message.recipients.entries.count
        message.recipients.append(recipients)
        message.awaitsNotice = true
        message.loaded += recipients.count
        active.load(recipients: recipients.count)
        var requested: [RequestedRecipient] = []
        for index in start..<message.recipients.entries.count {
            let entry = message.recipients.entries[index]
            guard case .waiting = entry.state else { continue }
            // What an agent still has is its report's to decide.
            if resumed.isInHand(message.location, entry.ordinal) { continue }
            message.recipients.set(index, .withheld)
            guard !notices.cover(message.location, .requeue, entry.ordinal) else { continue }
            requested.append(RequestedRecipient(ordinal: entry.ordinal, recipient: entry.recipient))
        }
        requestNotices(message)
        if !requested.isEmpty {
            let number = notices.begin(message.location, .requeue, Set(requested.map(\.ordinal)))
            output.request(
                RequeueRequest(
                    location: message.location, content: message.stored.content, envelope: message.stored.envelope,
                    recipients: requested), number: number)
        }
        if hasMore, let last = recipients.last {
            message.isLoadingSlice = true
            batch.slices.append(.init(message: message.number, location: message.location, after: last.ordinal))
        } else if !notices.concern(message.location) {
            putBack(message)
        }
    }

    // MARK: Listings

    /// Answered when everything that was put back is in the index, where showq finds it.
    package func query(token: ReplyToken) {
        batch.commits = true
        batch.listsWaiting = true
        afterwards.queries.append(token)
        pump()
    }

    static let recipientsPerFrame = 1000

    func answerQuery(_ token: ReplyToken, waiting: [QueueListing]) {
        var rows: [QueueListing] = []
        var size = 0
        func send(_ row: QueueListing) {
            guard !row.recipients.isEmpty else { return }
            if size + row.recipients.count > Self.recipientsPerFrame, !rows.isEmpty {
                output.answer(token, LiveQueueRows(rows: rows, last: false))
                rows = []
                size = 0
            }
            rows.append(row)
            size += row.recipients.count
        }
        var listed: Set<QueueID> = []
        for message in messages.values where !message.isGone {
            listed.insert(message.queueID)
            send(listing(of: message))
        }
        for row in waiting where !listed.contains(row.queueID) { send(row) }
        output.answer(token, LiveQueueRows(rows: rows, last: true))
    }

    private func listing(of message: ActiveMessage) -> QueueListing {
        let envelope = message.stored.envelope
        var recipients: [QueueListing.Recipient] = []
        for entry in message.recipients.entries {
            let reason: String
            switch entry.state {
            case .final: continue
            case .deferred(let status), .unreported(let status): reason = status.text
            case .waiting, .withAgent, .inDelivery, .withheld: reason = entry.earlierDeferral?.text ?? ""
            }
            let address = entry.recipient.address
            recipients.append(
                .init(
                    address: address.internalForm, original: (entry.recipient.original ?? address).internalForm, reason: reason,
                    nextHop: entry.site.isEmpty ? 0 : QueueDigest.of(entry.site)))
        }
        return QueueListing(
            queueID: envelope.queueID, state: message.isRequeued ? .maildrop : .active, arrival: envelope.arrival / 1_000_000,
            size: message.stored.content.size, sender: envelope.sender.internalForm, recipients: recipients,
            isExpired: message.isExpired)
    }
}
