package import Mail

/// Which lines a header section loses, and which it gains at its end.
package struct HeaderEdits: Equatable, Sendable {
    /// Ranges of whole fields, in order.
    package var removed: [Range<Int>] = []
    /// Header lines with CRLF.
    package var appended: [UInt8] = []
    package init() {}
    package var isEmpty: Bool { removed.isEmpty && appended.isEmpty }
}

/// What Postfix's cleanup(8) does to a header section: fields that message_drop_headers names go; with
/// ``addsMissing`` a missing (Resent-)Message-Id, (Resent-)Date, (Resent-)From and To come.
package struct HeaderCompletion: Sendable {
    package var queueID: QueueID
    /// `$myhostname`
    package var hostname: String
    package var sender: ReversePath
    /// `sendmail -F`, or the caller's name.
    package var fullName: String?
    /// ``MailDate`` of the arrival.
    package var date: String
    /// Seconds since 1970 of the arrival: the time in the Message-Id.
    package var arrival: Int64
    /// `Submission.Flags.completeHeaders`, always_add_missing_headers.
    package var addsMissing: Bool
    /// undisclosed_recipients_header, as `To: undisclosed-recipients:;`; empty for none.
    package var undisclosedRecipients = ""
    package var dropped: HeaderKinds = .dropped
    /// Where the null sender's mail says that it comes from: `MAILER-DAEMON@$myorigin`.
    package var nullSenderAddress = EmailAddress(localPart: "MAILER-DAEMON", domain: "")

    package init(
        queueID: QueueID, hostname: String, sender: ReversePath, date: String, arrival: Int64, addsMissing: Bool
    ) {
        self.queueID = queueID
        self.hostname = hostname
        self.sender = sender
        self.date = date
        self.arrival = arrival
        self.addsMissing = addsMissing
    }

    package struct Outcome: Sendable {
        package var edits = HeaderEdits()
        /// What was added, with its brackets, for the log line `message-id=`; nil when the message has its own or none.
        package var addedMessageID: String?
    }

    package func edits(for section: HeaderSection) -> Outcome {
        var outcome = Outcome()
        if !section.seen.isDisjoint(with: dropped) {
            for field in section.fields where dropped.contains(field.kind) { outcome.edits.removed.append(field.lines) }
        }
        if addsMissing { appendMissing(section, to: &outcome) }
        return outcome
    }

    private func appendMissing(_ section: HeaderSection, to outcome: inout Outcome) {
        let isResent = section.isResent
        let prefix = isResent ? "Resent-" : ""
        func lacks(_ plain: HeaderKind, _ resent: HeaderKind) -> Bool { !section.seen.contains(isResent ? resent : plain) }
        func append(_ line: String) {
            outcome.edits.appended.append(contentsOf: line.utf8)
            outcome.edits.appended.append(contentsOf: [0x0d, 0x0a])
        }
        if lacks(.messageID, .resentMessageID) {
            let id = "<\(CompactTime.text(seconds: arrival)).\(queueID)@\(hostname)>"
            outcome.addedMessageID = id
            append("\(prefix)Message-Id: \(id)")
        }
        if lacks(.date, .resentDate) { append("\(prefix)Date: \(date)") }
        if lacks(.from, .resentFrom) { append("\(prefix)From: \(originator)") }
        let visible = HeaderKinds(.to, .cc, .resentTo, .resentCc)
        if section.seen.isDisjoint(with: visible), !undisclosedRecipients.isEmpty { append(undisclosedRecipients) }
    }

    /// The sender as the From field shows it, with the full name in front (header_from_format = standard).
    private var originator: String {
        let address: EmailAddress
        switch sender {
        case .null: address = nullSenderAddress
        case .address(let given): address = given
        }
        guard let fullName, !fullName.isEmpty else { return address.externalForm }
        return "\(Phrase.text(fullName)) <\(address.externalForm)>"
    }
}

extension HeaderSection {
    /// The header block as it is stored: `prepended`, the fields that stay, what is added, and the empty line.
    ///
    /// - Parameter fieldLimit: header_size_limit: longer fields are cut at the end of their last line that fits, or within their first.
    package func assembled(
        from bytes: borrowing Span<UInt8>, prepended: [UInt8], edits: HeaderEdits, fieldLimit: Int = 102_400
    ) -> [UInt8] {
        var block: [UInt8] = []
        block.reserveCapacity(prepended.count + end + edits.appended.count + 64)
        block.append(contentsOf: prepended)
        var position = 0
        var cuts = edits.removed
        for field in fields where field.lines.count > fieldLimit && !edits.removed.contains(field.lines) {
            cuts.append(cut(of: field, in: bytes, limit: fieldLimit))
        }
        if cuts.count > edits.removed.count { cuts.sort { $0.lowerBound < $1.lowerBound } }
        for removed in cuts where removed.lowerBound >= position && removed.upperBound <= end {
            unsafe bytes.extracting(position..<removed.lowerBound).withUnsafeBufferPointer {
                unsafe block.append(contentsOf: $0)
            }
            position = removed.upperBound
        }
        unsafe bytes.extracting(position..<end).withUnsafeBufferPointer { unsafe block.append(contentsOf: $0) }
        if let last = block.last, last != 0x0a { block.append(contentsOf: [0x0d, 0x0a]) }
        block.append(contentsOf: edits.appended)
        block.append(contentsOf: [0x0d, 0x0a])
        return block
    }

    /// What of an over-long field goes: everything from its last line end within the limit, or from the limit when its first line is
    /// longer, up to the end of its last line's text.
    private func cut(of field: HeaderField, in bytes: borrowing Span<UInt8>, limit: Int) -> Range<Int> {
        var index = field.lines.lowerBound + limit
        while index > field.lines.lowerBound, bytes[index - 1] != 0x0a { index -= 1 }
        guard index > field.lines.lowerBound else {
            return min(field.lines.lowerBound + limit, field.value.upperBound)..<field.value.upperBound
        }
        return index..<field.lines.upperBound
    }
}
