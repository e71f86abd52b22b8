package import Mail

/// Messages that have crashed a program twice.
extension QueueStore {
    /// Puts the message on hold as soon as it is met: at once when it waits, before it is handed out when it is found in a segment.
    /// Only once: who releases it wants to try again.
    package func holdWhenMet(_ id: QueueID) throws(StoreError) {
        crashing.insert(id)
        _ = try makeDue(.message(id))
    }

    package var hasHeld: Bool { !heldForCrashing.isEmpty }

    /// Those that were put on hold since the last call.
    package func takeHeld() -> [QueueID] {
        defer { heldForCrashing = [] }
        return heldForCrashing
    }

    /// True when it is on hold now, and not to be handed out.
    func holdIfCrashing(_ entry: Entry) -> Bool {
        guard !crashing.isEmpty, crashing.remove(entry.queueID) != nil else { return false }
        pendingEvents.append(JournalEvent(.held, location: entry.location))
        _ = entry.apply(.held, to: JournalEvent.wholeMessage)
        live[entry.key] = entry
        putBack(entry, until: nil)
        heldForCrashing.append(entry.queueID)
        return true
    }
}
