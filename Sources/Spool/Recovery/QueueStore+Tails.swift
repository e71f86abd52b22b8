import Mail
import Platform

extension QueueStore {
    /// Put-back entries in memory that recovery allows itself before it commits.
    private static let recoveryBatch = 1000

    /// Reads the rest of every segment whose owner is dead, under its lock, after a sync, and seals it. Messages beyond
    /// `limit` are put back, due at once.
    ///
    /// *Failure:* a segment that cannot be read now is a sentence in `problems`; the next call tries again.
    package func recoverTails(limit: Int = 10_000) throws(StoreError) -> Arrivals {
        var arrivals = Arrivals()
        findSegments(&arrivals.problems)
        for number in segments.keys.sorted() {
            guard let segment = segments[number], !segment.isReadToItsEnd else { continue }
            if let end = segment.sealedEnd {
                read(segment, to: end, putBackBeyond: limit, into: &arrivals)
                segment.isUndecided = false
            } else {
                takeOver(segment, limit: limit, &arrivals)
            }
            bound(&arrivals)
        }
        writePendingEvents(&arrivals)
        if !arrivals.completions.isEmpty { refresh(&arrivals) }
        return arrivals
    }

    /// Segments whose living owner has not said yet how far they are synced: until each of them is announced, a child may be
    /// on disk that qmgr does not know of.
    package var awaitedSegments: [UInt64] {
        segments.values.filter { $0.isOwned && $0.announced == 0 }.map(\.identity.number).sorted()
    }

    /// Keeps recovery's memory bounded.
    func bound(_ arrivals: inout Arrivals) {
        guard dirty.count >= Self.recoveryBatch, time.monotonic >= commitNotBefore else { return }
        do { try commit() } catch { arrivals.problems.append(error.description) }
    }

    private func takeOver(_ segment: SegmentState, limit: Int, _ arrivals: inout Arrivals) {
        let number = segment.identity.number
        do throws(SegmentError) {
            let reader = try readers.reader(number, in: directory, fileSystem: fileSystem)
            guard reader.identity == segment.identity else {
                arrivals.problems.append("\(reader.file.path) has another nonce than was announced")
                return
            }
            guard let tail = try reader.takeOver(from: segment.readOffset) else {
                segment.isOwned = true
                if segment.readOffset < segment.announced {
                    read(segment, to: segment.announced, putBackBeyond: limit, into: &arrivals)
                }
                return
            }
            segment.isOwned = false
            take(tail, of: segment, limit: limit, &arrivals)
        } catch {
            arrivals.problems.append(error.description)
        }
        readers.close(number)
    }

    private func take(_ tail: SegmentTail, of segment: SegmentState, limit: Int, _ arrivals: inout Arrivals) {
        readDoneList(of: segment, &arrivals)
        for record in tail.records {
            accept(FoundRecord(record), in: segment, putBack: arrivals.messages.count >= limit, into: &arrivals)
            segment.readOffset = record.end
        }
        for damage in tail.damaged { setAside(damage, of: segment, &arrivals) }
        for torn in tail.torn {
            // Never acknowledged to anybody: the gap is nobody's mail, and must not keep the segment.
            let location = RecordLocation(
                segment: segment.identity.number, nonce: segment.identity.nonce, offset: torn.lowerBound)
            pendingEvents.append(JournalEvent(.done, location: location))
        }
        segment.readOffset = max(segment.readOffset, tail.end)
        seal(segment, at: segment.readOffset)
        segment.isUndecided = false
    }

    /// Registers segments that nobody has announced.
    func findSegments(_ problems: inout [String]) {
        let numbers: [UInt64]
        do throws(SystemError) {
            numbers = try directory.segmentNumbers(fileSystem)
        } catch {
            problems.append(error.description)
            return
        }
        for number in numbers where segments[number] == nil {
            do throws(SegmentError) {
                let reader = try readers.reader(number, in: directory, fileSystem: fileSystem)
                segments[number] = SegmentState(reader.identity, firstEvent: firstJournalPosition, hasReadDoneList: false)
            } catch {
                noteUnreadable(number, error, &problems)
            }
        }
    }

    /// The oldest event that can still be in the journal.
    var firstJournalPosition: JournalPosition {
        JournalPosition(file: journal.full.first ?? journal.position.file, offset: UInt64(EventFileHeader.length))
    }

    /// A file without a header is one that is being made, or that was when the power went: it never held a record, unless its
    /// header was damaged, which is told once.
    private func noteUnreadable(_ number: UInt64, _ error: SegmentError, _ problems: inout [String]) {
        if case .damagedHeader = error, directory.isBlankSegment(number, fileSystem) { return }
        if upkeep.reported.insert(number).inserted { problems.append(error.description) }
    }
}
