package import Mail
internal import MailLog
internal import Scheduling
internal import Spool
package import Wire

/// Deliveries go to agents, their reports come back.
extension QueueEngine {
    func dispatch(_ delivery: Scheduling.Delivery) {
        guard let message = messages[delivery.message], !message.isGone else {
            scheduler.finished(delivery.number, .unknown, now: now)
            return
        }
        let envelope = message.stored.envelope
        var requested: [RequestedRecipient] = []
        requested.reserveCapacity(delivery.recipients.count)
        for ordinal in delivery.recipients {
            // An agent of an earlier qmgr may have reported it meanwhile.
            guard let index = message.recipients.index(of: ordinal), case .waiting = message.recipients.entries[index].state
            else { continue }
            message.recipients.set(index, .inDelivery(delivery.number))
            let recipient = message.recipients.entries[index].recipient
            requested.append(RequestedRecipient(ordinal: ordinal, recipient: recipient))
        }
        guard !requested.isEmpty else {
            scheduler.finished(delivery.number, .unknown, now: now)
            return
        }
        let dispatched = wall
        message.deliveries += 1
        deliveries[delivery.number] = DeliveryInHand(
            message: message.number, transport: delivery.transport, recipients: delivery.recipients, dispatched: dispatched)
        let request = DeliveryRequest(
            delivery: delivery.number, location: message.location, content: message.stored.content, nextHop: delivery.nextHop,
            envelope: envelope, recipients: requested, activated: message.activated, dispatched: dispatched)
        output.deliver(request, over: delivery.transport)
    }

    func suspend(_ suspension: Suspension) {
        guard let message = messages[suspension.message], !message.isGone else { return }
        for ordinal in suspension.recipients {
            guard let index = message.recipients.index(of: ordinal), case .waiting = message.recipients.entries[index].state
            else { continue }
            deferUnseen(index, message, suspension.status)
        }
    }

    // MARK: Reports

    package func reported(_ reports: DeliveryReports) {
        guard var hand = deliveries[reports.delivery], hand.outcome == nil else {
            log(.warning, "reports of delivery \(reports.delivery), which is not in hand")
            return
        }
        if let message = messages[hand.message] {
            for report in reports.reports {
                guard let index = message.recipients.index(of: report.ordinal),
                    case .inDelivery(reports.delivery) = message.recipients.entries[index].state
                else { continue }
                decide(index, message, report.status)
            }
            if reports.finished { deferUnreported(hand, reports, message) }
        }
        if reports.finished {
            hand.outcome = reports.siteFailure.map { .siteFailure($0) } ?? .completed
            deliveries[reports.delivery] = hand
            afterwards.deliveries.append(reports.delivery)
            batch.ticks = true
        }
        pump()
    }

    /// What the agent does not mention stays queued.
    private func deferUnreported(_ hand: DeliveryInHand, _ reports: DeliveryReports, _ message: ActiveMessage) {
        let status =
            reports.siteFailure
            ?? DeliveryStatus(.deferred, EnhancedStatus(.temporary, 3, 0), "the delivery agent did not report this recipient")
        for ordinal in hand.recipients {
            guard let index = message.recipients.index(of: ordinal),
                case .inDelivery(reports.delivery) = message.recipients.entries[index].state
            else { continue }
            decide(index, message, Self.temporary(status))
        }
    }

    /// The batch with the delivery's last reports is done.
    func deliveryJournalled(_ number: UInt64) {
        guard let hand = deliveries.removeValue(forKey: number) else { return }
        output.acknowledge(delivery: number, over: hand.transport)
        scheduler.finished(number, hand.outcome ?? .unknown, now: now)
        deliveryEnded(hand)
    }

    private func deliveryEnded(_ hand: DeliveryInHand) {
        guard let message = messages[hand.message] else { return }
        message.deliveries -= 1
        if message.isGone, message.deliveries == 0 {
            drop(message)
            // A message that was deleted meanwhile has had its line.
            if !message.isWithdrawn { log(.info, "\(message.queueID.description): removed") }
            return
        }
        loadMoreIfNeeded(message)
        settleLater(message)
    }

    // MARK: Deliveries that did not end

    /// The connection to the agent broke. If its process lives it will present what it has in hand; else what it has not reported
    /// may or may not have been delivered.
    ///
    /// - Parameter agent: nil when it is not to be waited for any longer.
    package func lost(delivery number: UInt64, agent: UInt64?) {
        if let agent, isAlive(agent: agent) { return leave(number, to: agent) }
        fail(
            number, .unknown,
            DeliveryStatus(.deferred, EnhancedStatus(.temporary, 3, 0), "unknown mail transport error"), retriesSoon: true)
    }

    private func leave(_ number: UInt64, to agent: UInt64) {
        guard let hand = deliveries[number], hand.outcome == nil else { return }
        deliveries[number] = nil
        scheduler.finished(number, .unknown, now: now)
        if let message = messages[hand.message] {
            var left: [UInt32] = []
            for ordinal in hand.recipients {
                guard let index = message.recipients.index(of: ordinal),
                    case .inDelivery(number) = message.recipients.entries[index].state
                else { continue }
                message.recipients.set(index, .withAgent)
                left.append(ordinal)
            }
            resumed.note(message.location, left, agent: agent, now: now)
        }
        deliveryEnded(hand)
        pump()
    }

    /// There is no agent for the transport.
    package func transportUnavailable(delivery number: UInt64, _ status: DeliveryStatus) {
        fail(number, .transportFailure(status), status, retriesSoon: false)
    }

    private func fail(_ number: UInt64, _ outcome: DeliveryOutcome, _ status: DeliveryStatus, retriesSoon: Bool) {
        // With an outcome its reports are complete and on their way to the journal.
        guard let hand = deliveries[number], hand.outcome == nil else { return }
        deliveries[number] = nil
        scheduler.finished(number, outcome, now: now)
        if let message = messages[hand.message] {
            message.retriesSoon = message.retriesSoon || retriesSoon
            for ordinal in hand.recipients {
                guard let index = message.recipients.index(of: ordinal),
                    case .inDelivery(number) = message.recipients.entries[index].state
                else { continue }
                deferUnseen(index, message, status, dispatched: hand.dispatched)
            }
        }
        deliveryEnded(hand)
        pump()
    }

    static func temporary(_ status: DeliveryStatus) -> DeliveryStatus {
        var status = status
        status.outcome = .deferred
        status.code = status.code.withClass(.temporary)
        return status
    }
}
