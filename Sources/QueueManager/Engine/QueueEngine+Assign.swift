internal import Mail
internal import MailLog
internal import Platform
internal import Scheduling
internal import Spool

/// Recipients are given to the scheduler.
extension QueueEngine {
    /// Resolves the recipients from `start` on.
    func assign(_ message: ActiveMessage, from start: Int) {
        breadcrumb.enter(.routing, message: message.stored.envelope.queueID.description)
        defer { breadcrumb.leave() }
        var assignments: [Assignment] = []
        for index in start..<message.recipients.entries.count {
            let entry = message.recipients.entries[index]
            guard case .waiting = entry.state else { continue }
            if message.isExpired, !resumed.isInHand(message.location, entry.ordinal) {
                returnExpired(index, message)
                continue
            }
            if resumed.isInHand(message.location, entry.ordinal) {
                message.recipients.set(index, .withAgent)
            } else if let assignment = assignment(of: entry, at: index, in: message) {
                assignments.append(assignment)
            }
        }
        guard !assignments.isEmpty else { return }
        scheduler.add(message: message.number, sender: message.sender, recipients: assignments)
    }

    /// `postsuper -e`: no attempt is made any more; what the sender hears is why the last one failed, if there was one.
    private func returnExpired(_ index: Int, _ message: ActiveMessage) {
        var status =
            message.recipients.entries[index].earlierDeferral
            ?? DeliveryStatus(
                .deferred, EnhancedStatus(.temporary, 3, 0), "message is administratively expired")
        status.outcome = .deferred
        // As an attempt that failed: it is too old, so this is its end.
        decide(index, message, status)
    }

    private func assignment(
        of entry: RecipientTable.Entry, at index: Int, in message: ActiveMessage
    ) -> Assignment? {
        let envelope = message.stored.envelope
        let address = envelope.redirect ?? entry.recipient.address
        let route: ResolvedHop.Route
        if let filter = envelope.contentFilter {
            route = filterRoute(filter, address)
        } else {
            switch resolver.resolve(address, sender: envelope.sender) {
            case .deliver(let found): route = found
            case .defer(let status):
                deferUnseen(index, message, status)
                return nil
            }
        }
        if route.isLocal, route.recipient.localPart.equalsIgnoringCase(settings.doubleBounceSender) {
            discardDoubleBounce(index, message)
            return nil
        }
        guard !settings.deferredTransports.contains(route.transport) else {
            deferUnseen(index, message, DeliveryStatus(.deferred, EnhancedStatus(.temporary, 3, 2), "deferred transport"))
            return nil
        }
        message.recipients.set(index, site: route.nextHop, address: route.recipient)
        return Assignment(
            ordinal: entry.ordinal, transport: route.transport, nextHop: route.nextHop,
            queueName: queueName(route.transport, route.nextHop, route.recipient))
    }

    /// `transport:nexthop` of a FILTER action or content_filter; without a next hop the recipient's domain.
    private func filterRoute(_ filter: String, _ address: EmailAddress) -> ResolvedHop.Route {
        let parts = filter.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        var hop = parts.count > 1 ? String(parts[1]) : ""
        if hop.isEmpty { hop = address.domain.isEmpty ? settings.hostName : address.domain }
        return ResolvedHop.Route(transport: String(parts[0]), nextHop: hop, recipient: address, isLocal: false)
    }

    /// Where a delivery takes one recipient, each recipient has a queue of its own: one that fails must not tie up the others.
    private func queueName(_ transport: String, _ nextHop: String, _ address: EmailAddress) -> String {
        let isSingle: Bool
        if let known = singleRecipient[transport] {
            isSingle = known
        } else {
            isSingle = settings.limits(transport).recipientLimit == 1
            singleRecipient[transport] = isSingle
        }
        guard isSingle else { return nextHop.lowercasedASCII }
        return (Self.user(address.localPart, delimiters: settings.recipientDelimiter) + "@" + nextHop).lowercasedASCII
    }

    /// Without the extension: `user+a` and `user+b` are one mailbox. Names of lists and daemons have none (Postfix: split_addr).
    static func user(_ localPart: String, delimiters: String) -> String {
        let folded = localPart.lowercasedASCII
        guard !delimiters.isEmpty, folded != "mailer-daemon", folded != "double-bounce", !folded.hasPrefix("owner-"),
            !folded.hasSuffix("-request"),
            let split = localPart.utf8.dropFirst().firstIndex(where: { delimiters.utf8.contains($0) })
        else { return localPart }
        return String(localPart[..<split])
    }

    // MARK: Recipients that no agent sees

    private func discardDoubleBounce(_ index: Int, _ message: ActiveMessage) {
        let status = DeliveryStatus(
            .sent, EnhancedStatus(.success, 0, 0), "undeliverable postmaster notification discarded")
        logUnseen(index, message, status)
        decide(index, message, status)
    }

    /// - Parameter dispatched: when it was given to an agent that came to nothing; nil: never.
    func deferUnseen(_ index: Int, _ message: ActiveMessage, _ status: DeliveryStatus, dispatched: Int64? = nil) {
        logUnseen(index, message, status, dispatched: dispatched)
        decide(index, message, status)
    }

    private func logUnseen(_ index: Int, _ message: ActiveMessage, _ status: DeliveryStatus, dispatched: Int64? = nil) {
        let envelope = message.stored.envelope
        let now = wall
        let line = DeliveryLine(
            queueID: envelope.queueID, recipient: message.recipients.entries[index].recipient, relay: "none",
            instants: .init(
                arrival: envelope.arrival, activated: message.activated, dispatched: dispatched ?? now, connected: nil,
                finished: now),
            status: status)
        log(.info, line.text)
    }
}
