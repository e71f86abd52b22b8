internal import Mail
internal import MailLog
internal import Scheduling
internal import Spool
package import Wire

/// Reports to the sender. qmgr never waits for bounce: what fails is asked again when the message is due again.
extension QueueEngine {
    /// Asks for what this pass's end calls for: failures, successes that the sender wants to hear of, a warning of delay.
    func requestNotices(_ message: ActiveMessage) {
        var failures: [RecipientTable.Entry] = []
        var successes: [RecipientTable.Entry] = []
        var delays: [RecipientTable.Entry] = []
        let envelope = message.stored.envelope
        let warns = settings.retry.isWarningDue(arrival: envelope.arrival, now: wall) && envelope.sender != .null
        for entry in message.recipients.entries {
            switch entry.state {
            case .unreported(let status):
                if status.outcome == .bounced { failures.append(entry) } else { successes.append(entry) }
            case .deferred: if warns, !entry.delayWarned { delays.append(entry) }
            case .waiting, .withAgent, .inDelivery, .final, .withheld: break
            }
        }
        request(.failureNotice, failures, message)
        request(.successNotice, successes, message)
        request(.delayNotice, delays, message)
    }

    /// A notice names this many recipients at most; more of them make several.
    static let recipientsPerNotice = 5000

    private func request(_ purpose: MessageOrigin.Purpose, _ entries: [RecipientTable.Entry], _ message: ActiveMessage) {
        let new = entries.filter { !notices.cover(message.location, purpose, $0.ordinal) }
        var rest = new[...]
        while !rest.isEmpty {
            let part = rest.prefix(Self.recipientsPerNotice)
            rest = rest.dropFirst(part.count)
            let number = notices.begin(message.location, purpose, Set(part.map(\.ordinal)))
            let request = NoticeRequest(
                purpose: purpose, location: message.location, content: message.stored.content,
                envelope: message.stored.envelope,
                recipients: part.map { RequestedRecipient(ordinal: $0.ordinal, recipient: $0.recipient) },
                reports: part.compactMap { entry in
                    switch entry.state {
                    case .unreported(let status), .deferred(let status): RecipientReport(ordinal: entry.ordinal, status: status)
                    case .waiting, .withAgent, .inDelivery, .final, .withheld: nil
                    }
                })
            output.request(request, number: number)
        }
    }

    /// How long a child that cleanup has on disk may take to be announced.
    static let childPatience = Duration.seconds(60)

    /// - Parameter outcome: nil when the connection to bounce failed.
    package func noticeAnswered(_ number: UInt64, _ outcome: NoticeResult.Outcome?) {
        switch outcome {
        case .queued: notices.expect(number, until: now + Self.childPatience)
        case .notNeeded:
            if let notice = notices.end(number) { needsNone(notice) }
        case .failed(let text):
            log(.warning, "a notice cannot be sent now: \(text)")
            if let notice = notices.end(number) { failed(notice) }
        case nil:
            if let notice = notices.end(number) { failed(notice) }
        }
        pump()
    }

    private func needsNone(_ notice: NoticesInProgress.Notice) {
        let message = messagesByLocation[notice.location]
        let isWarning = notice.purpose == .delayNotice
        for ordinal in notice.ordinals.sorted() {
            batch.events.append(JournalEvent(isWarning ? .delayWarned : .done, location: notice.location, ordinal: ordinal))
            guard let message, let index = message.recipients.index(of: ordinal) else { continue }
            if isWarning { message.recipients.setDelayWarned(index) } else { message.recipients.set(index, .final) }
        }
    }

    /// The recipients stay unreported; with the message's next attempt the notice is asked for again.
    private func failed(_ notice: NoticesInProgress.Notice) {
        guard let message = messagesByLocation[notice.location], message.awaitsNotice, !notices.concern(notice.location) else {
            return
        }
        putBack(message)
    }

    func sweepNotices(_ now: Uptime) {
        for number in notices.overdue(now) {
            guard let notice = notices.end(number) else { continue }
            failed(notice)
        }
    }
}
