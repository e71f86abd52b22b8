import Mail

extension IndexReader {
    func message(_ key: RecordKey) throws(IndexError) -> MessageRow? {
        guard let bytes = try value(.messages, IndexKeys.message(key)) else { return nil }
        return try MessageRow.decode(bytes)
    }

    /// Rows of a message's recipients, in ordinal order.
    func recipients(
        of key: RecordKey, from first: UInt32 = 0, limit: Int = .max
    ) throws(IndexError) -> [(ordinal: UInt32, row: RecipientRow)] {
        let prefix = IndexKeys.message(key)
        var rows: [(UInt32, RecipientRow)] = []
        try scan(.recipients, from: IndexKeys.recipient(key, first)) { rowKey, value throws(IndexError) in
            guard rowKey.starts(with: prefix), rows.count < limit, let ordinal = IndexKeys.ordinal(in: rowKey) else {
                return false
            }
            rows.append((ordinal, try RecipientRow.decode(value)))
            return true
        }
        return rows
    }

    /// Records under a digest in `sites`, `domains` or `queueIDs`, behind `last`.
    func records(
        _ table: IndexTable, _ digest: UInt64, after last: RecordKey? = nil, limit: Int
    ) throws(IndexError) -> [RecordKey] {
        let prefix = IndexKeys.prefix(digest)
        let start = last.map { IndexKeys.digest(digest, $0) } ?? prefix
        var keys: [RecordKey] = []
        try scan(table, from: start) { rowKey, _ throws(IndexError) in
            guard rowKey.starts(with: prefix), keys.count < limit, let key = IndexKeys.record(in: rowKey) else { return false }
            if key != last { keys.append(key) }
            return true
        }
        return keys
    }
}

extension IndexWriter {
    /// Writes a message's own row, and moves it in `due`.
    func put(_ message: MessageRow, at key: RecordKey) throws(IndexError) {
        if let old = try self.message(key) {
            if let time = old.nextAttempt, time != message.nextAttempt { try delete(.due, IndexKeys.due(time, key)) }
        } else {
            try put(.queueIDs, IndexKeys.digest(IndexKeys.digest(of: message.queueID.description), key), [])
        }
        if let time = message.nextAttempt { try put(.due, IndexKeys.due(time, key), []) }
        try put(.messages, IndexKeys.message(key), message.bytes)
    }

    func put(_ recipient: RecipientRow, _ ordinal: UInt32, of key: RecordKey) throws(IndexError) {
        try put(.recipients, IndexKeys.recipient(key, ordinal), recipient.bytes)
        try putDigests(recipient, of: key)
    }

    func putDigests(_ recipient: RecipientRow, of key: RecordKey) throws(IndexError) {
        if recipient.site != 0 { try put(.sites, IndexKeys.digest(recipient.site, key), []) }
        try put(.domains, IndexKeys.digest(recipient.domain, key), [])
    }

    /// Every row of a message.
    func removeMessage(_ key: RecordKey) throws(IndexError) {
        for (ordinal, row) in try recipients(of: key) {
            try delete(.recipients, IndexKeys.recipient(key, ordinal))
            if row.site != 0 { try delete(.sites, IndexKeys.digest(row.site, key)) }
            try delete(.domains, IndexKeys.digest(row.domain, key))
        }
        guard let message = try message(key) else { return }
        if let time = message.nextAttempt { try delete(.due, IndexKeys.due(time, key)) }
        try delete(.queueIDs, IndexKeys.digest(IndexKeys.digest(of: message.queueID.description), key))
        try delete(.messages, IndexKeys.message(key))
    }
}
