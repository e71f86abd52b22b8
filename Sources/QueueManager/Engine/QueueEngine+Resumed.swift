internal import DaemonKit
internal import Mail
internal import MailLog
internal import Platform
internal import Scheduling
internal import Spool
package import Wire

/// Agents present what an earlier qmgr did not acknowledge (pitfalls S5).
extension QueueEngine {
    /// Answered with ``ReportsJournalled`` when the reports are in the journal.
    package func resumed(_ message: ResumedReports, token: ReplyToken) {
        // What is reported stays in the agent's hand until it is applied: the message may come into memory before.
        resumed.note(
            message.location, message.inHand + message.reports.map(\.ordinal), agent: message.agent, now: now)
        if message.isLast { rollCall.hasPresentedAll(message.agent) }
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
        release(reports)
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

    private func release(_ reports: ResumedReports) {
        resumed.release(reports.location, reports.reports.map(\.ordinal), agent: reports.agent)
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
        release(reports)
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
        guard !resumed.isEmpty, let living = livingAgents() else { return }
        for (location, ordinals) in resumed.expired(living: living, now: now) {
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

    /// Nil: it cannot be known, so nobody counts as dead.
    private func livingAgents() -> Set<UInt64>? {
        do throws(SystemError) {
            return Set(try census.holders().filter { $0.task == .deliveries }.map(\.lease))
        } catch {
            log(.warning, "agents cannot be counted: \(error)")
            return nil
        }
    }

    func isAlive(agent: UInt64) -> Bool { livingAgents()?.contains(agent) ?? true }

    // MARK: Start-up

    func beginRollCall() {
        do throws(SystemError) {
            try rollCall.begin(census, now: now)
        } catch {
            // Waits, with the next look, until it can be known.
            log(.warning, "agents cannot be counted: \(error)")
        }
    }

    func continueRollCall() {
        guard startUp.isOpen, !rollCall.isOver else { return }
        guard rollCall.isWaiting else { return beginRollCall() }
        do throws(SystemError) {
            for holder in try rollCall.review(census, now: now) {
                log(
                    .warning,
                    "process \(holder.process) has not said in \(settings.agentPatience) what it has in hand: it is taken for dead"
                )
            }
        } catch {
            log(.warning, "agents cannot be counted: \(error)")
        }
        guard rollCall.isOver else { return }
        let numbers = unsettled
        unsettled = []
        for number in numbers {
            if let message = messages[number] { settle(message) }
        }
    }
}
