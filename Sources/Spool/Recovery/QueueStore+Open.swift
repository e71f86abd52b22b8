import Mail
package import Platform

/// What is found before a store exists.
private struct Findings {
    var report = RecoveryReport()
    var meta: MetaRow?
    var rows: [UInt64: SegmentRow] = [:]
    /// Segments whose first block could be read.
    var onDisk: [UInt64: SegmentIdentity] = [:]
    /// All files that are called segments.
    var numbers: [UInt64] = []
}

extension QueueStore {
    /// Takes the queue's lock, checks or empties the index, replays the journal. Segments are read by the first
    /// ``recoverTails(limit:)``: what the index does not cover, so everything when it is rebuilt.
    package static func open(
        directory: SpoolDirectory, fileSystem: any FileSystem, index: any QueueIndex, time: any TimeSource,
        entropy: any EntropySource, limits: Limits = Limits()
    ) throws(StoreError) -> (QueueStore, RecoveryReport) {
        let lock = try takeLock(directory, fileSystem)
        do throws(StoreError) {
            var findings = Findings()
            try openIndex(index, directory, fileSystem, &findings)
            try findSegments(directory, fileSystem, &findings)
            var journals = try readJournal(directory, fileSystem, &findings)
            if findings.report.rebuilt != nil {
                do throws(IndexError) { try index.reset() } catch { throw .index(error) }
                findings.rows = [:]
                try removeRebuildMark(directory, fileSystem)
            }
            let journal = Journal(
                directory: directory, fileSystem: fileSystem, entropy: entropy, fileLength: limits.journalFile,
                ballast: Ballast(directory: directory, fileSystem: fileSystem, size: limits.ballast),
                nextNumber: try nextJournal(journals.files, findings, directory, fileSystem), full: journals.files,
                ends: journals.ends)
            try journal.start()
            let store = QueueStore(
                directory: directory, fileSystem: fileSystem, index: index, time: time, limits: limits, journal: journal,
                lock: lock)
            store.register(findings)
            findings.report.problems += journals.problems
            findings.report.events = journals.replay.count
            // Files before the last were full: one may have been half folded when its process died.
            store.foldMayBeUnderWay = journals.files.count > 1
            store.damagedJournals = Set(journals.damagedFiles)
            swap(&store.replay, &journals.replay)
            try store.catchUp(&findings.report)
            return (store, findings.report)
        } catch {
            lock.close()
            index.close()
            throw error
        }
    }

    private static func takeLock(_ directory: SpoolDirectory, _ fileSystem: any FileSystem) throws(StoreError) -> any File {
        let path = directory.queueLock
        do throws(SystemError) {
            try directory.prepare(fileSystem)
            let lock = try fileSystem.open(path, .createOrOpen(permissions: 0o600))
            if try lock.tryLock() { return lock }
            lock.close()
        } catch {
            throw .system(error)
        }
        throw .locked(path: path)
    }

    /// Reads where the index stands; notes why it cannot be used.
    private static func openIndex(
        _ index: any QueueIndex, _ directory: SpoolDirectory, _ fileSystem: any FileSystem, _ findings: inout Findings
    ) throws(StoreError) {
        do throws(SystemError) {
            if try fileSystem.list(directory.index).contains("rebuild") {
                findings.report.rebuilt = "it was found damaged before"
            }
        } catch {
            throw .system(error)
        }
        // Damage that was found may be such that looking at it ends the process.
        if findings.report.rebuilt != nil {
            do throws(IndexError) { try index.reset() } catch { throw .index(error) }
            return
        }
        do throws(IndexError) {
            try index.open()
            try index.read { reader throws(IndexError) in
                guard let bytes = try reader.value(.meta, MetaRow.key) else {
                    if try reader.count(.segments) > 0 { throw .damaged("it has no state") }
                    return
                }
                guard let meta = MetaRow(bytes) else { throw .damaged("it is another version's") }
                findings.meta = meta
                try reader.scan(.segments, from: []) { key, value throws(IndexError) in
                    findings.rows[IndexKeys.number(key)] = try SegmentRow.decode(value)
                    return true
                }
            }
        } catch {
            guard case .damaged(let why) = error else { throw .index(error) }
            findings.report.rebuilt = why
        }
        if findings.meta == nil && findings.report.rebuilt == nil { findings.report.rebuilt = "there was none" }
    }

    private static func removeRebuildMark(_ directory: SpoolDirectory, _ fileSystem: any FileSystem) throws(StoreError) {
        do throws(SystemError) {
            try fileSystem.unlink(directory.rebuildMark)
        } catch {
            guard error.isMissing else { throw .system(error) }
        }
    }

    private static func findSegments(
        _ directory: SpoolDirectory, _ fileSystem: any FileSystem, _ findings: inout Findings
    ) throws(StoreError) {
        do throws(SystemError) { findings.numbers = try directory.segmentNumbers(fileSystem) } catch { throw .system(error) }
        findings.report.segments = findings.numbers.count
        for number in findings.numbers {
            // What cannot be read is told by recoverTails, which looks again.
            guard let reader = try? SegmentReader(number, in: directory, fileSystem: fileSystem) else { continue }
            findings.onDisk[number] = reader.identity
            reader.close()
            guard let row = findings.rows[number], row.nonce != reader.identity.nonce else { continue }
            findings.report.rebuilt = "segment \(SpoolDirectory.name(number)) is another than it knows"
        }
    }

    private static func readJournal(
        _ directory: SpoolDirectory, _ fileSystem: any FileSystem, _ findings: inout Findings
    ) throws(StoreError) -> JournalReader.Result {
        let onDisk = findings.onDisk
        let result = try JournalReader(directory: directory, fileSystem: fileSystem)
            .read(known: findings.meta?.journal) { number, nonce in onDisk[number]?.nonce == nonce }
        if let meta = findings.meta, let first = result.files.first, meta.journal.file < first {
            findings.report.rebuilt = "it is older than the journal"
        }
        return result
    }

    /// Above every number that a journal file had, so that no fold is taken for one that was done before.
    private static func nextJournal(
        _ files: [UInt64], _ findings: Findings, _ directory: SpoolDirectory, _ fileSystem: any FileSystem
    ) throws(StoreError) -> UInt64 {
        var highest = max(files.last ?? 0, findings.meta?.journal.file ?? 0)
        if files.isEmpty {
            for (number, identity) in findings.onDisk {
                let list = try DoneList.read(
                    segment: number, nonce: identity.nonce, directory: directory, fileSystem: fileSystem,
                    foldMayBeUnderWay: false)
                highest = max(highest, list.lastFolded)
            }
        }
        return highest + 1
    }

    private func register(_ findings: Findings) {
        for (number, identity) in findings.onDisk {
            segments[number] = SegmentState(identity, firstEvent: firstJournalPosition, hasReadDoneList: false)
        }
        for (number, row) in findings.rows {
            let identity = SegmentIdentity(number: number, nonce: row.nonce)
            let segment = segments[number] ?? SegmentState(identity, firstEvent: firstJournalPosition, hasReadDoneList: true)
            segment.readOffset = row.readOffset
            segment.highWater = row.highWater
            segment.sealedEnd = row.sealedEnd
            segment.indexed = Int(row.live)
            segments[number] = segment
            guard !findings.numbers.contains(number) else { continue }
            // Removed before the index could be told, or by somebody else.
            segment.sealedEnd = segment.readOffset
            if segment.live == 0 {
                segments[number] = nil
                goneSegments.append(number)
            } else {
                troubles.append(
                    "segment \(SpoolDirectory.name(number)) is missing, though \(segment.live) messages in it are not finished")
            }
        }
    }

    /// Brings the index up to what the journal says, and makes the new journal file known to it.
    private func catchUp(_ report: inout RecoveryReport) throws(StoreError) {
        var arrivals = Arrivals()
        for (number, end) in replay.sealed where segments[number]?.sealedEnd == nil { segments[number]?.sealedEnd = end }
        for key in replay.entries.keys.sorted() {
            guard let segment = segments[key.segment], let events = replay.entries[key] else { continue }
            noteChildren(events, of: key, segment)
            guard key.offset < segment.highWater, segment.indexed > 0 else { continue }
            guard let entry = entry(key, nonce: segment.identity.nonce, &arrivals.problems) else { continue }
            _ = replay.take(key)
            var changed = false
            for event in events where entry.apply(event.change, to: event.ordinal) { changed = true }
            if changed { _ = afterChange(entry) }
            bound(&arrivals)
        }
        for number in segments.keys.sorted() {
            guard let segment = segments[number] else { continue }
            if !damagedJournals.isEmpty {
                segment.isUndecided = true
                holdRows(of: segment, &arrivals)
                segment.isUndecided = !segment.isReadToItsEnd
            }
            // Rows cover everything before: what was said about it is known now.
            replay.forget(where: { $0.segment == segment.identity.number && $0.offset < segment.readOffset })
        }
        if !damagedJournals.isEmpty { arrivals.problems.append("events are lost: undecided recipients are put on hold") }
        try commit()
        report.problems += arrivals.problems + troubles
        troubles = []
    }

    private func noteChildren(_ events: [Replay.Entry], of key: RecordKey, _ segment: SegmentState) {
        let location = RecordLocation(segment: key.segment, nonce: segment.identity.nonce, offset: key.offset)
        for event in events {
            noteChild(JournalEvent(event.change, location: location, ordinal: event.ordinal), in: segment)
        }
    }
}

extension SpoolDirectory {
    /// Whoever writes journal or index holds its lock.
    package var queueLock: String { index + "/qmgr.lock" }
}
