internal import Mail
internal import MailLog
internal import Scheduling
internal import Spool

/// What an attempt's status means for a recipient, and what the end of a pass over all recipients means for the message.
extension QueueEngine {
    /// Takes a status for a recipient; final ones become events of the journal.
    func decide(_ index: Int, _ message: ActiveMessage, _ status: DeliveryStatus) {
        let entry = message.recipients.entries[index]
        switch status.outcome {
        case .sent, .relayed, .expanded:
            if entry.recipient.notify?.contains(.success) ?? false {
                leaveUnreported(index, message, status)
            } else {
                message.recipients.set(index, .final)
                batch.events.append(JournalEvent(.done, location: message.location, ordinal: entry.ordinal))
            }
        case .bounced:
            if settings.softBounce {
                message.recipients.set(index, .deferred(Self.temporary(status)))
            } else {
                leaveUnreported(index, message, status)
            }
        case .deferred:
            if isExpired(message) {
                var final = status
                final.outcome = .bounced
                message.hasExpired = true
                leaveUnreported(index, message, final)
            } else {
                message.recipients.set(index, .deferred(status))
            }
        }
        settleLater(message)
    }

    private func leaveUnreported(_ index: Int, _ message: ActiveMessage, _ status: DeliveryStatus) {
        message.recipients.set(index, .unreported(status))
        let ordinal = message.recipients.entries[index].ordinal
        batch.events.append(JournalEvent(.unreported(status), location: message.location, ordinal: ordinal))
    }

    /// Asked when an attempt failed, never before one: a wrong clock must not empty the queue.
    private func isExpired(_ message: ActiveMessage) -> Bool {
        let envelope = message.stored.envelope
        return message.isExpired
            || settings.retry.isExpired(arrival: envelope.arrival, nullSender: envelope.sender == .null, now: wall)
    }

    /// Plans the end of the pass behind the events that lead to it.
    func settleLater(_ message: ActiveMessage) {
        guard message.isPassOver, !message.isSettling, !message.isGone else { return }
        message.isSettling = true
        afterwards.settling.append(message.number)
        batch.ticks = true
    }

    /// The pass is over and in the journal: tells the sender of failures, puts the rest back.
    func settle(_ message: ActiveMessage) {
        guard message.isPassOver, !message.isGone else { return }
        guard rollCall.isOver else { return unsettled.append(message.number) }
        if message.hasExpired {
            message.hasExpired = false
            let word = message.isExpired ? "force-expired" : "expired"
            let sender = message.stored.envelope.sender.externalForm
            log(.info, "\(message.queueID.description): from=<\(sender)>, status=\(word), returned to sender")
        }
        let deferrals = message.recipients.entries.compactMap(Self.deferral)
        if message.isWithdrawn {
            putBack(message, deferrals)
            wantsDue = true
            return
        }
        requestNotices(message)
        if deferrals.isEmpty, message.forgottenDeferrals == 0, notices.concern(message.location) {
            // Until the child's arrival, or until bounce says that it failed; others may be active meanwhile.
            message.awaitsNotice = true
            leaveActive(message)
        } else {
            putBack(message, deferrals)
        }
    }

    /// The message leaves qmgr's hands until its next attempt.
    func putBack(_ message: ActiveMessage, _ deferrals: [Deferral] = []) {
        let now = wall
        var next =
            message.isWithdrawn ? now : settings.retry.nextAttempt(arrival: message.stored.envelope.arrival, now: now)
        if message.retriesSoon {
            let pause = settings.transportRetryTime
            next = min(next, now + pause.components.seconds * 1_000_000)
            nextQueueRun = min(nextQueueRun, self.now + pause)
        }
        drop(message)
        batch.putBacks.append(
            .init(location: message.location, deferrals: deferrals, nextAttempt: (next + 999_999) / 1_000_000))
    }
}
