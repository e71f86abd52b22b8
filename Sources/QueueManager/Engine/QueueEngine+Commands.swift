package import Mail
internal import Scheduling
internal import Spool
package import Wire

/// What tools and showq ask.
extension QueueEngine {
    package func command(_ command: QueueCommand, token: ReplyToken) {
        let selection: QueueStore.Selection
        switch command.action {
        case .flushAll:
            scheduler.forgetDead()
            selection = .all
        case .flushSite(let site):
            scheduler.forgetDead(destination: site.lowercasedASCII)
            selection = .site(site)
        case .flushMessage(let id):
            scheduler.forgetDead()
            selection = .message(id)
        }
        batch.selections.append((token, selection))
        pump()
    }

    /// The message has crashed a program twice, so master says.
    package func holdWhenMet(_ id: QueueID) {
        batch.crashing.append(id)
        wantsDue = true
        pump()
    }

    /// Answered when everything that was put back is in the index, where showq finds it.
    package func query(token: ReplyToken) {
        batch.commits = true
        afterwards.queries.append(token)
        pump()
    }

    static let recipientsPerFrame = 1000

    func answerQuery(_ token: ReplyToken) {
        var rows: [QueueListing] = []
        var size = 0
        for message in messages.values {
            let row = listing(of: message)
            guard !row.recipients.isEmpty else { continue }
            if size + row.recipients.count > Self.recipientsPerFrame, !rows.isEmpty {
                output.answer(token, LiveQueueRows(rows: rows, last: false))
                rows = []
                size = 0
            }
            rows.append(row)
            size += row.recipients.count
        }
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
            case .waiting, .withAgent, .inDelivery: reason = entry.earlierDeferral?.text ?? ""
            }
            let address = entry.recipient.address
            recipients.append(
                .init(
                    address: address.internalForm, original: (entry.recipient.original ?? address).internalForm, reason: reason)
            )
        }
        return QueueListing(
            queueID: envelope.queueID, state: .active, arrival: envelope.arrival / 1_000_000, size: message.stored.content.size,
            sender: envelope.sender.internalForm, recipients: recipients)
    }
}
