import Mail

extension IndexWriter {
    /// Writes the next rows of a message that is new to the index, and with the last of them its own.
    func insert(_ entry: Entry, recipients: [EnvelopeRecipient], limit: Int) throws(IndexError) {
        let count = min(recipients.count, entry.states.count)
        let end = min(Int(entry.indexCursor) + limit, count)
        for ordinal in Int(entry.indexCursor)..<end {
            guard let row = entry.row(UInt32(ordinal), recipients[ordinal]) else { continue }
            try put(row, UInt32(ordinal), of: entry.key)
        }
        for ordinal in entry.changed where ordinal < entry.indexCursor {
            try replace(entry.row(ordinal, recipients[Int(ordinal)]), ordinal, of: entry.key)
        }
        if end == count { try put(MessageRow(entry), at: entry.key) }
    }

    /// Rewrites what has changed since.
    func update(_ entry: Entry) throws(IndexError) {
        var removedDigest = false
        for ordinal in entry.changed.sorted() {
            guard let old = try value(.recipients, IndexKeys.recipient(entry.key, ordinal)) else { continue }
            let row = try entry.row(ordinal, RecipientRow.decode(old))
            removedDigest = try replace(row, ordinal, of: entry.key) || removedDigest
        }
        if removedDigest {
            // Others of the message may have the same next hop or domain.
            for (_, row) in try recipients(of: entry.key) { try putDigests(row, of: entry.key) }
        }
        try put(MessageRow(entry), at: entry.key)
    }

    /// True when a row of `sites` or `domains` was removed that another recipient may need.
    @discardableResult
    private func replace(_ row: RecipientRow?, _ ordinal: UInt32, of key: RecordKey) throws(IndexError) -> Bool {
        var removed = false
        if let bytes = try value(.recipients, IndexKeys.recipient(key, ordinal)) {
            let old = try RecipientRow.decode(bytes)
            if old.site != 0 && old.site != row?.site {
                try delete(.sites, IndexKeys.digest(old.site, key))
                removed = true
            }
            if row == nil {
                try delete(.domains, IndexKeys.digest(old.domain, key))
                try delete(.recipients, IndexKeys.recipient(key, ordinal))
                removed = true
            }
        }
        if let row { try put(row, ordinal, of: key) }
        return removed
    }
}

extension Entry {
    /// nil when the recipient needs none.
    fileprivate func row(_ ordinal: UInt32, _ recipient: EnvelopeRecipient) -> RecipientRow? {
        row(ordinal, address: recipient.address.internalForm, original: recipient.original?.internalForm ?? "")
    }

    fileprivate func row(_ ordinal: UInt32, _ old: RecipientRow) -> RecipientRow? {
        row(ordinal, address: old.address, original: old.original)
    }

    private func row(_ ordinal: UInt32, address: String, original: String) -> RecipientRow? {
        let flags = states.flags(of: ordinal)
        guard !flags.contains(.done) else { return nil }
        return RecipientRow(
            flags: flags, address: address, original: original, site: reasons[ordinal]?.site ?? 0,
            status: flags.contains(.unreported) ? states.statuses[ordinal] : reasons[ordinal]?.status)
    }
}

extension MessageRow {
    init(_ entry: Entry) {
        self.init(
            nonce: entry.location.nonce, queueID: entry.queueID, sender: entry.sender, arrival: entry.arrival,
            size: entry.size, recipientCount: UInt32(entry.states.count), place: entry.states.place,
            isExpired: entry.states.isAnyInQueue(.expired), nextAttempt: entry.nextAttempt,
            putBack: entry.putBackAt, restorableUntil: entry.states.restorableUntil, bodyFile: entry.bodyFile)
    }
}
