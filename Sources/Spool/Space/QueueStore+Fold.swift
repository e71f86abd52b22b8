import Mail
import Platform

extension QueueStore {
    /// Folds full journal files into the done lists of the segments that they name, oldest first, and removes them.
    ///
    /// The index must need no event of the file any more: it is committed completely and forced before.
    func fold(_ problems: inout [String]) throws(StoreError) {
        guard !journal.full.isEmpty else { return }
        if !damagedJournals.isEmpty && segments.values.contains(where: \.isUndecided) { return }
        try commit(isComplete: true)
        do throws(IndexError) { try index.force() } catch { throw .index(error) }
        foldMayBeUnderWay = true
        while let number = journal.full.first {
            guard try fold(number, &problems) else { return }
        }
        foldMayBeUnderWay = false
    }

    /// False when the file has to stay.
    private func fold(_ number: UInt64, _ problems: inout [String]) throws(StoreError) -> Bool {
        let contents: EventFileContents
        switch try read(number) {
        case .success(let found): contents = found
        case .failure(let failure):
            if damagedJournals.contains(number) { return try setAside(journal: number, &problems) }
            return note(number, failure.description, &problems)
        case nil:
            if damagedJournals.contains(number) { return try forget(journal: number) }
            throw .system(SystemError("open", directory.journal(number), SystemError.missing))
        }
        if !damagedJournals.contains(number) {
            if let damage = contents.damage(before: journal.ends[number] ?? .max) { return note(number, damage, &problems) }
        }
        try fold(contents.frames.flatMap(\.events), of: number)
        if damagedJournals.contains(number) { return try setAside(journal: number, &problems) }
        return try forget(journal: number)
    }

    /// nil when there is no such file.
    private func read(_ number: UInt64) throws(StoreError) -> Result<EventFileContents, EventFileContents.Failure>? {
        let file: any File
        do throws(SystemError) {
            file = try fileSystem.open(directory.journal(number), .read)
        } catch {
            if error.isMissing { return nil }
            throw .system(error)
        }
        defer { file.close() }
        do throws(EventFileContents.Failure) {
            return .success(try EventFileContents.read(file, kind: .journal))
        } catch {
            return .failure(error)
        }
    }

    private func fold(_ events: [JournalEvent], of number: UInt64) throws(StoreError) {
        var bySegment: [UInt64: [JournalEvent]] = [:]
        for event in events where segments[event.location.segment]?.identity.nonce == event.location.nonce {
            bySegment[event.location.segment, default: []].append(event)
        }
        var isNew = false
        for (segment, events) in bySegment.sorted(by: { $0.key < $1.key }) {
            guard let nonce = segments[segment]?.identity.nonce else { continue }
            var list = try DoneList.read(
                segment: segment, nonce: nonce, directory: directory, fileSystem: fileSystem, foldMayBeUnderWay: true)
            do throws(SystemError) {
                if try list.fold(
                    events, journalFile: number, segment: segment, nonce: nonce, directory: directory, fileSystem: fileSystem)
                {
                    isNew = true
                }
            } catch {
                throw .system(error)
            }
        }
        guard isNew else { return }
        do throws(SystemError) { try fileSystem.syncDirectory(directory.segments) } catch { throw .system(error) }
    }

    private func note(_ number: UInt64, _ what: String, _ problems: inout [String]) -> Bool {
        problems.append("journal file \(SpoolDirectory.name(number)): \(what): it stays")
        return false
    }

    private func forget(journal number: UInt64) throws(StoreError) -> Bool {
        try journal.removeOldestFull()
        damagedJournals.remove(number)
        return true
    }

    /// What could be read of a damaged file is in the done lists, and whoever it may have named is on hold.
    private func setAside(journal number: UInt64, _ problems: inout [String]) throws(StoreError) -> Bool {
        do throws(SystemError) {
            let kept = directory.quarantine + "/" + SpoolDirectory.name(number) + ".journal"
            try fileSystem.rename(directory.journal(number), to: kept)
            try fileSystem.syncDirectory(directory.quarantine)
            try fileSystem.syncDirectory(directory.journal)
            problems.append("journal file \(SpoolDirectory.name(number)) is in quarantine: \(kept)")
        } catch {
            throw .system(error)
        }
        return try forget(journal: number)
    }

    /// Writes damaged done lists anew once everybody undecided is on hold; the old ones are kept in quarantine/.
    func mendDoneLists(_ problems: inout [String]) throws(StoreError) {
        for number in segments.keys.sorted() {
            guard let segment = segments[number], segment.hasDamagedDoneList, !segment.isUndecided else { continue }
            try sync()
            let nonce = segment.identity.nonce
            var list = try DoneList.read(
                segment: number, nonce: nonce, directory: directory, fileSystem: fileSystem,
                foldMayBeUnderWay: foldMayBeUnderWay)
            do throws(SystemError) {
                let kept = directory.quarantine + "/" + SpoolDirectory.name(number) + ".done"
                try copy(directory.doneList(number), to: kept)
                try list.rewrite(segment: number, nonce: nonce, directory: directory, fileSystem: fileSystem)
                try fileSystem.syncDirectory(directory.segments)
                problems.append("the damaged done list of segment \(SpoolDirectory.name(number)) is in quarantine: \(kept)")
            } catch {
                throw .system(error)
            }
            segment.hasDamagedDoneList = false
        }
    }

    private func copy(_ path: String, to other: String) throws(SystemError) {
        let source = try fileSystem.open(path, .read)
        defer { source.close() }
        let target = try fileSystem.open(other, .createOrOpen(permissions: 0o600))
        defer { target.close() }
        try target.write(try source.readAll(), at: 0)
        try target.sync()
        try fileSystem.syncDirectory(directory.quarantine)
    }
}
