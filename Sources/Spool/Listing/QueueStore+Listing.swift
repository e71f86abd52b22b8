import Mail
import Platform
package import Wire

extension QueueStore {
    /// Messages that wait in memory and have no rows yet: a commit failed, or there was no time for one.
    package func waitingListing() -> [QueueListing] {
        putBackLive.values.compactMap { entry in
            guard !entry.isIndexed, entry.states.remaining > 0, let recipients = entry.recipients else { return nil }
            return QueueListing(
                queueID: entry.queueID, state: entry.states.place, arrival: entry.arrival / 1_000_000, size: entry.size,
                sender: entry.sender.internalForm,
                recipients: recipients.enumerated().compactMap { ordinal, recipient in
                    listed(recipient, UInt32(ordinal), entry)
                }, isExpired: entry.states.isAnyInQueue(.expired))
        }
    }

    private func listed(_ recipient: EnvelopeRecipient, _ ordinal: UInt32, _ entry: Entry) -> QueueListing.Recipient? {
        guard entry.states.flags(of: ordinal).isDisjoint(with: .outOfQueue) else { return nil }
        let reason = entry.reasons[ordinal]
        let address = recipient.address.internalForm
        return QueueListing.Recipient(
            address: address, original: recipient.original?.internalForm ?? address,
            reason: (entry.states.statuses[ordinal] ?? reason?.status)?.text ?? "", nextHop: reason?.site ?? 0)
    }

    /// Has the index made anew at the next start.
    package func demandRebuild() {
        guard let file = try? fileSystem.open(directory.rebuildMark, .createOrOpen(permissions: 0o600)) else { return }
        file.close()
        try? fileSystem.syncDirectory(directory.index)
    }
}
