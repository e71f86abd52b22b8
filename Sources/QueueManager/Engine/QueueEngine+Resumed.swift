internal import Mail
internal import MailLog
internal import Scheduling
internal import Spool
package import Wire

/// Agents present what an earlier qmgr did not acknowledge (pitfalls S5).
extension QueueEngine {
    /// Answered with ``ReportsJournalled`` when the reports are in the journal.
    package func resumed(_ message: ResumedReports, token: ReplyToken) {
        resumed.note(message.location, message.inHand, now: now)
        resumed.release(message.location, message.reports.map(\.ordinal))
        if let active = messagesByLocation[message.location] {
            apply(message, to: active)
            answerLater(message, token)
        } else {
            waitingReports[message.location, default: []].append((message, token))
            batch.loads.append(message.location)
        }
        pump()
    }

    private func answerLater(_ message: ResumedReports, _ token: ReplyToken) {
        afterwards.resumed.append((token, message.delivery))
        batch.ticks = true
    }

    private func apply(_ reports: ResumedReports, to message: ActiveMessage) {
        for ordinal in reports.inHand {
            guard let index = message.recipients.index(of: ordinal) else { continue }
            if case .waiting = message.recipients.entries[index].state { message.recipients.set(index, .withAgent) }
        }
        for report in reports.reports {
            guard let index = message.recipients.index(of: report.ordinal) else { continue }
            switch message.recipients.entries[index].state {
            // A delivery of our own has it as well: what comes first counts.
            case .waiting, .withAgent, .deferred, .inDelivery, .withheld: decide(index, message, report.status)
            case .unreported, .final: break
            }
        }
        settleLater(message)
    }

    /// The store has looked for a message that an agent reports about; nil when it is gone, held or complete.
    func takeReported(_ location: RecordLocation, _ stored: StoredMessage?) {
        let waiting = waitingReports.removeValue(forKey: location) ?? []
        let message = messagesByLocation[location] ?? stored.map { activate($0) }
        for (reports, token) in waiting {
            if let message { apply(reports, to: message) } else { recordUnseen(reports) }
            answerLater(reports, token)
        }
    }

    /// On hold, perhaps: what was delivered must not be delivered again when it is released.
    private func recordUnseen(_ reports: ResumedReports) {
        for report in reports.reports {
            switch report.status.outcome {
            case .sent, .relayed, .expanded:
                batch.events.append(JournalEvent(.done, location: reports.location, ordinal: report.ordinal))
            case .bounced:
                guard !settings.softBounce else { continue }
                batch.events.append(
                    JournalEvent(.unreported(report.status), location: reports.location, ordinal: report.ordinal))
            case .deferred: break
            }
        }
    }

    func sweepResumed(_ now: Uptime) {
        for (location, ordinals) in resumed.expired(now) {
            guard let message = messagesByLocation[location] else { continue }
            message.retriesSoon = true
            let status = DeliveryStatus(.deferred, EnhancedStatus(.temporary, 3, 0), "unknown mail transport error")
            for ordinal in ordinals {
                guard let index = message.recipients.index(of: ordinal),
                    case .withAgent = message.recipients.entries[index].state
                else { continue }
                deferUnseen(index, message, status)
            }
        }
    }
}
