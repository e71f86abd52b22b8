package import Mail

/// qmgr → bounce: make one delivery-status notification and submit it, with its origin, to cleanup.
///
/// *End of connection before the answer:* unknown outcome; qmgr asks again later, and the origin in the child record makes a
/// second notice fall away.
package struct NoticeRequest: WireMessage, Equatable {
    package static let kind = WireKind(30, "notice_request", from: .qmgr, to: .bounce)
    package var purpose: MessageOrigin.Purpose
    package var location: RecordLocation
    package var content: ContentLocation
    /// Envelope of the parent without recipients.
    package var envelope: Envelope
    package var recipients: [RequestedRecipient]
    /// Statuses of `recipients`, by ordinal.
    package var reports: [RecipientReport]

    package init(
        purpose: MessageOrigin.Purpose, location: RecordLocation, content: ContentLocation, envelope: Envelope,
        recipients: [RequestedRecipient], reports: [RecipientReport]
    ) {
        self.purpose = purpose
        self.location = location
        self.content = content
        self.envelope = envelope
        self.recipients = recipients
        self.reports = reports
    }

    package func encode(into writer: inout ByteWriter) {
        writer.write(purpose.rawValue)
        writer.write(location)
        writer.write(content)
        writer.write(EnvelopeCoding.encode(envelope))
        writer.write(recipients)
        writer.write(reports)
    }
    package init(from reader: inout ByteReader) throws(DecodingFailure) {
        purpose = try reader.readCase()
        location = try reader.read(RecordLocation.self)
        content = try reader.read(ContentLocation.self)
        guard case .envelope(let envelope) = try EnvelopeCoding.decode(try reader.read([UInt8].self)) else {
            throw DecodingFailure("an envelope with unknown critical fields")
        }
        self.envelope = envelope
        recipients = try reader.read([RequestedRecipient].self)
        reports = try reader.read([RecipientReport].self)
    }
}

/// bounce → qmgr.
package struct NoticeResult: WireMessage, Equatable {
    package static let kind = WireKind(31, "notice_result", from: .bounce, to: .qmgr)
    package enum Outcome: Equatable, Sendable {
        /// Synced by cleanup under this queue ID.
        case queued(QueueID)
        /// No notice is due (null sender without double bounce, NOTIFY=NEVER): the recipients are done.
        case notNeeded
        /// Not done; ask again later.
        case failed(String)
    }
    package var outcome: Outcome
    package init(_ outcome: Outcome) { self.outcome = outcome }

    package func encode(into writer: inout ByteWriter) {
        switch outcome {
        case .queued(let id):
            writer.write(UInt8(1))
            writer.write(id)
        case .notNeeded: writer.write(UInt8(2))
        case .failed(let text):
            writer.write(UInt8(3))
            writer.write(text)
        }
    }
    package init(from reader: inout ByteReader) throws(DecodingFailure) {
        switch try reader.read(UInt8.self) {
        case 1: outcome = .queued(try reader.read(QueueID.self))
        case 2: outcome = .notNeeded
        case 3: outcome = .failed(try reader.read(String.self))
        case let other: throw DecodingFailure("\(other) is no outcome")
        }
    }
}
