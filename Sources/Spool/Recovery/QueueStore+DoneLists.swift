import Mail
import Platform

extension QueueStore {
    /// Merges what a segment's done list says, once, before its records or children are looked at.
    ///
    /// A list with damage leaves undecided whoever is not final: they are held, and it is written anew with what could be read.
    func readDoneList(of segment: SegmentState, _ arrivals: inout Arrivals) {
        guard !segment.hasReadDoneList else { return }
        let number = segment.identity.number
        do throws(StoreError) {
            let list = try DoneList.read(
                segment: number, nonce: segment.identity.nonce, directory: directory, fileSystem: fileSystem,
                foldMayBeUnderWay: foldMayBeUnderWay)
            segment.hasReadDoneList = true
            merge(list.events, of: segment)
            guard let damage = list.damage else { return }
            arrivals.problems.append("\(directory.doneList(number)): \(damage): undecided recipients are put on hold")
            segment.isUndecided = true
            segment.hasDamagedDoneList = true
            holdRows(of: segment, &arrivals)
        } catch {
            arrivals.problems.append("\(error)")
            segment.isUndecided = true
        }
    }

    private func merge(_ events: [JournalEvent], of segment: SegmentState) {
        var earlier = Replay()
        earlier.add(events) { _, nonce in nonce == segment.identity.nonce }
        for event in events { noteChild(event, in: segment) }
        earlier.forget(where: { $0.offset < segment.readOffset })
        replay.prepend(earlier)
    }

    /// Puts on hold whatever the index has of a segment.
    func holdRows(of segment: SegmentState, _ arrivals: inout Arrivals) {
        guard segment.indexed > 0 else { return }
        let prefix = IndexKeys.segment(segment.identity.number)
        var keys: [RecordKey] = []
        do throws(IndexError) {
            try index.read { reader throws(IndexError) in
                try reader.scan(.messages, from: prefix) { row, _ throws(IndexError) in
                    guard row.starts(with: prefix), let key = IndexKeys.record(in: row) else { return false }
                    keys.append(key)
                    return true
                }
            }
        } catch {
            arrivals.problems.append("queue index: \(error)")
            noteIndexTrouble(error)
        }
        for key in keys {
            guard let entry = entry(key, nonce: segment.identity.nonce, &arrivals.problems) else { continue }
            pendingEvents.append(JournalEvent(.held, location: entry.location))
            if entry.apply(.held, to: JournalEvent.wholeMessage) { _ = afterChange(entry) }
        }
    }
}
