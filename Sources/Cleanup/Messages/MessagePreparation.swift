internal import Mail
internal import MailLog
internal import MessageFormat
internal import Routing
internal import Wire

/// A message with everything decided but its body's place.
struct PreparedMessage {
    /// `size` is that of the header block; the body's is added when it is known.
    var envelope: Envelope
    var headerBlock: [UInt8]
    /// Where the body begins in the content.
    var bodyStart: Int
}

/// What cleanup does to a message, without I/O but for tables: recipients, missing and forbidden headers, hop count.
struct MessagePreparation: Sendable {
    struct HeaderSettings: Sendable {
        var hostname = ""
        var nullSenderAddress = EmailAddress(localPart: "MAILER-DAEMON", domain: "")
        var undisclosedRecipients = ""
        var addsMissingAlways = false
        var hopLimit = 50
        var fieldLimit = 102_400
    }

    var headers = HeaderSettings()
    var recipients: RecipientPreparation

    /// - Parameters:
    ///   - content: its header section at least, up to the first byte of the body.
    ///   - date: ``MailDate`` of an instant, asked for only when the message has no date.
    func prepare(
        _ submission: Submission, content: borrowing Span<UInt8>, date: (Int64) -> String
    ) throws(Refusal) -> PreparedMessage {
        guard let section = HeaderSection(content) else { preconditionFailure("a whole section is always found") }
        var envelope = submission.envelope
        let queueID = envelope.queueID
        let outcome = completion(submission, date: date, section).edits(for: section)
        Log.info(messageIDLine(queueID, section, content, added: outcome.addedMessageID))
        try checkHops(submission, section)
        try checkSectionSize(section, submission)

        if submission.flags.contains(.recipientsFromHeaders) {
            envelope.recipients += section.recipients(in: content).map { EnvelopeRecipient($0) }
        }
        envelope.recipients = try recipients.recipients(
            envelope.recipients, mapsAddresses: !submission.flags.contains(.noAddressMappings),
            addsBcc: !submission.flags.contains(.internalOrigin), queueID: queueID)
        guard !envelope.recipients.isEmpty else { throw .noRecipients }
        envelope.sender = recipients.rewriter.rewrite(envelope.sender)

        let block = section.assembled(
            from: content, prepended: submission.prepended, edits: outcome.edits, fieldLimit: headers.fieldLimit)
        envelope.size = UInt64(block.count)
        return PreparedMessage(envelope: envelope, headerBlock: block, bodyStart: section.bodyStart)
    }

    private func completion(
        _ submission: Submission, date: (Int64) -> String, _ section: HeaderSection
    ) -> HeaderCompletion {
        let envelope = submission.envelope
        let addsMissing = submission.flags.contains(.completeHeaders) || headers.addsMissingAlways
        let arrival = envelope.arrival / 1_000_000
        let hasDate = section.seen.contains(.date) && !section.isResent
        var completion = HeaderCompletion(
            queueID: envelope.queueID, hostname: headers.hostname, sender: recipients.rewriter.rewrite(envelope.sender),
            date: addsMissing && !hasDate ? date(arrival) : "", arrival: arrival, addsMissing: addsMissing)
        completion.undisclosedRecipients = headers.undisclosedRecipients
        completion.nullSenderAddress = headers.nullSenderAddress
        return completion
    }

    private func messageIDLine(
        _ queueID: QueueID, _ section: HeaderSection, _ content: borrowing Span<UInt8>, added: String?
    ) -> String {
        if let added { return "\(queueID): \(section.isResent ? "resent-" : "")message-id=\(added)" }
        if section.isResent, let field = section.first(.resentMessageID) {
            return "\(queueID): resent-message-id=\(section.text(of: field, in: content))"
        }
        guard let field = section.first(.messageID) else { return "\(queueID): message-id=<>" }
        return "\(queueID): message-id=\(section.text(of: field, in: content))"
    }

    /// hopcount_limit: as many Received fields as no honest way has.
    private func checkHops(_ submission: Submission, _ section: HeaderSection) throws(Refusal) {
        var hops = section.receivedCount
        if !submission.prepended.isEmpty { hops += HeaderSection(submission.prepended).receivedCount }
        guard hops < headers.hopLimit else {
            Log.warning("\(submission.envelope.queueID): message rejected: hopcount exceeded")
            throw .tooManyHops
        }
    }

    private func checkSectionSize(_ section: HeaderSection, _ submission: Submission) throws(Refusal) {
        guard section.hasTooManyFields || section.bodyStart + submission.prepended.count > ContentLimits.headerSection else {
            return
        }
        Log.warning("\(submission.envelope.queueID): message rejected: header section too big")
        throw .longHeader
    }
}

enum ContentLimits {
    /// A content with a body over this many bytes lies in a file of its own.
    static let inline = 1 << 20
    /// Header sections are kept in memory, and in the record.
    static let headerSection = 1 << 20
}
