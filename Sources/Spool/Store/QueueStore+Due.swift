package import Mail
import Platform

/// A flush that ``QueueStore/due(before:limit:)`` works off.
struct Flush {
    enum Rows: Equatable {
        /// Everything in `due`.
        case all
        case digest(IndexTable, UInt64)
    }
    var rows: Rows
    /// Microseconds since 1970: what was put back later has had its attempt.
    var began: Int64
    /// The last key that was looked at.
    var cursor: [UInt8]
}

extension QueueStore {
    package enum Selection: Equatable, Sendable {
        case all
        /// A next hop or a recipient domain.
        case site(String)
        case message(QueueID)
    }

    /// A message that cannot be read now is tried again after this many seconds.
    private static let retryUnreadable: Int64 = 3600

    /// Puts into qmgr's hands what is due (also what ``makeDue(_:)`` selected), oldest due time first.
    package func due(before: Int64, limit: Int) throws(StoreError) -> Arrivals {
        var arrivals = Arrivals()
        for key in dueInMemory(before: before) {
            guard arrivals.messages.count < limit else { return arrivals }
            take(key, &arrivals)
        }
        while let flush = flushes.first, arrivals.messages.count < limit {
            let (keys, cursor) = try indexed { reader throws(IndexError) in
                try self.candidates(of: flush, reader, limit: limit - arrivals.messages.count)
            }
            for key in keys { take(key, &arrivals) }
            if let cursor { flushes[0].cursor = cursor } else { flushes.removeFirst() }
        }
        while arrivals.messages.count < limit {
            let wanted = limit - arrivals.messages.count
            let (keys, isEnd) = try indexed { reader throws(IndexError) in
                try self.dueRows(reader, before: before, limit: wanted)
            }
            for key in keys { take(key, &arrivals) }
            if isEnd { break }
        }
        return arrivals
    }

    private func dueInMemory(before: Int64) -> [RecordKey] {
        var due: [(time: Int64, key: RecordKey)] = []
        for (key, entry) in putBackLive {
            if case .putBack(let time?) = entry.placement, time <= before { due.append((time, key)) }
        }
        return due.sorted { ($0.time, $0.key) < ($1.time, $1.key) }.map(\.key)
    }

    /// Rows of `due` from the cursor on that belong to nobody's hands. Moves the cursor.
    private func dueRows(
        _ reader: any IndexReader, before: Int64, limit: Int
    ) throws(IndexError) -> (keys: [RecordKey], isEnd: Bool) {
        var keys: [RecordKey] = []
        var isEnd = true
        var cursor = dueCursor
        try reader.scan(.due, from: cursor) { row, _ throws(IndexError) in
            guard let time = IndexKeys.dueTime(in: row), let key = IndexKeys.record(in: row), time <= before else {
                return false
            }
            if keys.count == limit {
                isEnd = false
                return false
            }
            if self.live[key] == nil { keys.append(key) }
            cursor = row
            return true
        }
        dueCursor = cursor
        return (keys, isEnd)
    }

    /// The next messages that a flush selects, and where to go on; nil at its end.
    private func candidates(
        of flush: Flush, _ reader: any IndexReader, limit: Int
    ) throws(IndexError) -> (keys: [RecordKey], cursor: [UInt8]?) {
        var keys: [RecordKey] = []
        var cursor: [UInt8]?
        var table = IndexTable.due
        var prefix: [UInt8] = []
        if case .digest(let named, let digest) = flush.rows { (table, prefix) = (named, IndexKeys.prefix(digest)) }
        try reader.scan(table, from: flush.cursor.isEmpty ? prefix : flush.cursor) { row, _ throws(IndexError) in
            guard row.starts(with: prefix), let key = IndexKeys.record(in: row) else { return false }
            if row == flush.cursor { return true }
            if keys.count == limit {
                return false
            }
            cursor = row
            guard self.live[key] == nil, let message = try reader.message(key), message.nextAttempt != nil,
                message.place != .deleted, message.putBack <= flush.began
            else { return true }
            keys.append(key)
            return true
        }
        return (keys, keys.count == limit ? cursor : nil)
    }

    private func take(_ key: RecordKey, _ arrivals: inout Arrivals) {
        do throws(StoreError) {
            if let message = try load(key, nonce: nil, &arrivals) { arrivals.messages.append(message) }
        } catch {
            arrivals.problems.append("segment \(SpoolDirectory.name(key.segment)), offset \(key.offset): \(error)")
            if let entry = live[key] { putBack(entry, until: now + Self.retryUnreadable) }
        }
    }

    /// When the next message is due, seconds since 1970; nil when none is put back.
    package func nextDue() throws(StoreError) -> Int64? {
        if !flushes.isEmpty { return now }
        var next: Int64?
        for entry in putBackLive.values {
            if case .putBack(let time?) = entry.placement { next = min(next ?? time, time) }
        }
        let row = try indexed { reader throws(IndexError) -> Int64? in
            var first: Int64?
            try reader.scan(.due, from: self.dueCursor) { row, _ throws(IndexError) in
                guard let key = IndexKeys.record(in: row), self.live[key] == nil else { return true }
                first = IndexKeys.dueTime(in: row)
                return false
            }
            return first
        }
        guard let row else { return next }
        return min(next ?? row, row)
    }

    /// Makes put-back messages due now (not those on hold); ``due(before:limit:)`` hands them out. Returns how many.
    package func makeDue(_ selection: Selection) throws(StoreError) -> Int {
        let began = time.wall
        switch selection {
        case .all:
            let waiting = makeDueInMemory { _ in true }
            let rows = try indexed { reader throws(IndexError) in try reader.count(.due) }
            flushes = [Flush(rows: .all, began: began, cursor: [])]
            return max(waiting, rows)
        case .site(let name):
            // Reasons and rows have digests only: what is in memory is flushed with its next commit's rows.
            try commit()
            let digest = IndexKeys.digest(of: name)
            let keys = try indexed { reader throws(IndexError) in
                Set(try reader.records(.sites, digest, limit: .max) + reader.records(.domains, digest, limit: .max))
            }
            flushes.append(Flush(rows: .digest(.sites, digest), began: began, cursor: []))
            flushes.append(Flush(rows: .digest(.domains, digest), began: began, cursor: []))
            return keys.count
        case .message(let id):
            let waiting = makeDueInMemory { $0.queueID == id }
            if waiting > 0 { return waiting }
            let digest = IndexKeys.digest(of: id.description)
            let keys = try indexed { reader throws(IndexError) in try reader.records(.queueIDs, digest, limit: 16) }
            var count = 0
            for key in keys where live[key] == nil {
                guard let entry = try indexed({ _ throws(IndexError) in try self.indexedEntry(key, nonce: nil) }),
                    entry.queueID == id, case .putBack(_?) = entry.placement
                else { continue }
                putBack(entry, until: now)
                count += 1
            }
            return count
        }
    }

    private func makeDueInMemory(_ isSelected: (Entry) -> Bool) -> Int {
        var count = 0
        for entry in putBackLive.values where isSelected(entry) {
            guard case .putBack(_?) = entry.placement else { continue }
            entry.placement = .putBack(now)
            count += 1
        }
        return count
    }

    /// A read of the index, whose damage is noted.
    func indexed<R>(_ body: (any IndexReader) throws(IndexError) -> R) throws(StoreError) -> R {
        do {
            return try index.read(body)
        } catch {
            noteIndexTrouble(error)
            throw .index(error)
        }
    }
}
