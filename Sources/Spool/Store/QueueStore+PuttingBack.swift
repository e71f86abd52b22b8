package import Mail
import Platform

extension QueueStore {
    /// Notes reasons; with a time (seconds since 1970) the whole message is put back until then and leaves qmgr's hands.
    ///
    /// Kept in memory until the next commit; no write happens here. Recipients that are not named keep what they have.
    package func deferRecipients(of location: RecordLocation, _ deferrals: [Deferral], nextAttempt: Int64?) {
        guard let entry = live[RecordKey(location)], entry.location == location else { return }
        for deferral in deferrals {
            entry.reasons[deferral.ordinal] = Entry.Reason(
                status: deferral.status, site: IndexKeys.digest(of: deferral.site))
            if entry.indexCursor > 0 { entry.changed.insert(deferral.ordinal) }
        }
        if !deferrals.isEmpty { entry.message = nil }
        guard let nextAttempt else { return }
        putBack(entry, until: entry.states.isAllHeld || entry.states.remaining == 0 ? nil : nextAttempt)
    }

    func putBack(_ entry: Entry, until time: Int64?) {
        entry.placement = .putBack(time)
        entry.putBackAt = self.time.wall
        entry.message = nil
        putBackLive[entry.key] = entry
        mark(entry)
    }
}
