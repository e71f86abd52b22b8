package import Mail

/// agent → qmgr, first on a connection that qmgr made: this process takes one delivery at a time here.
package struct AgentReady: WireMessage, Equatable {
    package static let kind = WireKind(20, "agent_ready", from: .agent, to: .qmgr)
    /// The service name in master.cf (`smtp`, `local`, …).
    package var service: String
    /// Master's lease of the agent's process.
    package var agent: UInt64
    package init(service: String, agent: UInt64) {
        self.service = service
        self.agent = agent
    }
    package func encode(into writer: inout ByteWriter) {
        writer.write(service)
        writer.write(agent)
    }
    package init(from reader: inout ByteReader) throws(DecodingFailure) {
        self.init(service: try reader.read(String.self), agent: try reader.read(UInt64.self))
    }
}

/// agent → qmgr: no more requests here, please. The agent does not close: a request that crosses this word is delivered still, and
/// qmgr closes the connection when nothing is in hand on it.
package struct AgentLeaving: WireMessage, Equatable {
    package static let kind = WireKind(25, "agent_leaving", from: .agent, to: .qmgr)
    package init() {}
    package func encode(into writer: inout ByteWriter) {}
    package init(from reader: inout ByteReader) throws(DecodingFailure) {}
}

/// One recipient in a ``DeliveryRequest``, with its ordinal in the record.
package struct RequestedRecipient: Equatable, Sendable, ByteCodable {
    package var ordinal: UInt32
    package var recipient: EnvelopeRecipient
    package init(ordinal: UInt32, recipient: EnvelopeRecipient) {
        self.ordinal = ordinal
        self.recipient = recipient
    }
    package func encode(into writer: inout ByteWriter) {
        writer.write(ordinal)
        writer.write(recipient)
    }
    package init(from reader: inout ByteReader) throws(DecodingFailure) {
        self.init(ordinal: try reader.read(UInt32.self), recipient: try reader.read(EnvelopeRecipient.self))
    }
}

/// qmgr → delivery agent. The agent speaks first (``AgentReady``), so that qmgr never blocks on an agent that has not been
/// scheduled. Agents never parse records: the envelope's per-message part and the content's extents are here.
///
/// *End of connection:* unknown outcome for recipients not yet reported; the agent keeps its reports and presents them
/// (``ResumedReports``) to qmgr's own socket.
package struct DeliveryRequest: WireMessage, Equatable {
    package static let kind = WireKind(21, "delivery_request", from: .qmgr, to: .agent)
    /// Unique in the life of this qmgr process.
    package var delivery: UInt64
    package var location: RecordLocation
    package var content: ContentLocation
    /// The next hop as resolved (`[host]:port`, a domain, …); its meaning is the transport's.
    package var nextHop: String
    /// Envelope without recipients (`recipients` is empty in it).
    package var envelope: Envelope
    package var recipients: [RequestedRecipient]
    /// Microseconds since 1970: qmgr took the message up (delays=a/b).
    package var activated: Int64
    /// Microseconds since 1970: this request was sent (delays=b/c).
    package var dispatched: Int64
    /// Segments whose cached descriptors the agent should close.
    package var retiredFiles: [String]

    package init(
        delivery: UInt64, location: RecordLocation, content: ContentLocation, nextHop: String, envelope: Envelope,
        recipients: [RequestedRecipient], activated: Int64, dispatched: Int64, retiredFiles: [String] = []
    ) {
        self.delivery = delivery
        self.location = location
        self.content = content
        self.nextHop = nextHop
        self.envelope = envelope
        self.recipients = recipients
        self.activated = activated
        self.dispatched = dispatched
        self.retiredFiles = retiredFiles
    }

    package func encode(into writer: inout ByteWriter) {
        writer.write(delivery)
        writer.write(location)
        writer.write(content)
        writer.write(nextHop)
        writer.write(EnvelopeCoding.encode(envelope))
        writer.write(recipients)
        writer.write(activated)
        writer.write(dispatched)
        writer.write(retiredFiles)
    }
    package init(from reader: inout ByteReader) throws(DecodingFailure) {
        delivery = try reader.read(UInt64.self)
        location = try reader.read(RecordLocation.self)
        content = try reader.read(ContentLocation.self)
        nextHop = try reader.read(String.self)
        guard case .envelope(let envelope) = try EnvelopeCoding.decode(try reader.read([UInt8].self)) else {
            throw DecodingFailure("an envelope with unknown critical fields")
        }
        self.envelope = envelope
        recipients = try reader.read([RequestedRecipient].self)
        activated = try reader.read(Int64.self)
        dispatched = try reader.read(Int64.self)
        retiredFiles = try reader.read([String].self)
    }
}

/// A final or temporary status for one recipient.
package struct RecipientReport: Equatable, Sendable, ByteCodable {
    package var ordinal: UInt32
    package var status: DeliveryStatus
    package init(ordinal: UInt32, status: DeliveryStatus) {
        self.ordinal = ordinal
        self.status = status
    }
    package func encode(into writer: inout ByteWriter) {
        writer.write(ordinal)
        writer.write(status)
    }
    package init(from reader: inout ByteReader) throws(DecodingFailure) {
        self.init(ordinal: try reader.read(UInt32.self), status: try reader.read(DeliveryStatus.self))
    }
}

/// agent → qmgr: statuses as soon as they are known; `finished` with the last. Kept by the agent until ``ReportsJournalled``.
package struct DeliveryReports: WireMessage, Equatable {
    package static let kind = WireKind(22, "delivery_reports", from: .agent, to: .qmgr)
    package var delivery: UInt64
    package var reports: [RecipientReport]
    /// No more will come; recipients without a report stay queued (deferred, with `siteFailure` as their reason if given).
    package var finished: Bool
    /// The next hop itself is unusable (no connection, 4xx greeting): back off from the destination, not from the recipients.
    package var siteFailure: DeliveryStatus?

    package init(delivery: UInt64, reports: [RecipientReport], finished: Bool, siteFailure: DeliveryStatus? = nil) {
        self.delivery = delivery
        self.reports = reports
        self.finished = finished
        self.siteFailure = siteFailure
    }

    package func encode(into writer: inout ByteWriter) {
        writer.write(delivery)
        writer.write(reports)
        writer.write(finished)
        writer.write(siteFailure)
    }
    package init(from reader: inout ByteReader) throws(DecodingFailure) {
        self.init(
            delivery: try reader.read(UInt64.self), reports: try reader.read([RecipientReport].self),
            finished: try reader.read(Bool.self), siteFailure: try reader.read(DeliveryStatus?.self))
    }
}

/// qmgr → agent: the reports so far are in the journal; the agent may forget them and is free for another request.
package struct ReportsJournalled: WireMessage, Equatable {
    package static let kind = WireKind(23, "reports_journalled", from: .qmgr, to: .agent)
    package var delivery: UInt64
    package init(delivery: UInt64) { self.delivery = delivery }
    package func encode(into writer: inout ByteWriter) { writer.write(delivery) }
    package init(from reader: inout ByteReader) throws(DecodingFailure) { delivery = try reader.read(UInt64.self) }
}

/// agent → a new qmgr, on qmgr's own socket: what the old one did not acknowledge. Answered with ``ReportsJournalled``.
package struct ResumedReports: WireMessage, Equatable {
    package static let kind = WireKind(24, "resumed_reports", from: .agent, to: .qmgr)
    package var delivery: UInt64
    package var location: RecordLocation
    package var reports: [RecipientReport]
    /// Recipients that are still in this agent's hands.
    package var inHand: [UInt32]
    /// Master's lease of the agent's process: never another's.
    package var agent: UInt64
    /// With this the agent has presented everything that it was ever given.
    package var isLast: Bool

    package init(
        delivery: UInt64, location: RecordLocation, reports: [RecipientReport], inHand: [UInt32], agent: UInt64, isLast: Bool
    ) {
        self.delivery = delivery
        self.location = location
        self.reports = reports
        self.inHand = inHand
        self.agent = agent
        self.isLast = isLast
    }

    package func encode(into writer: inout ByteWriter) {
        writer.write(delivery)
        writer.write(location)
        writer.write(reports)
        writer.write(inHand)
        writer.write(agent)
        writer.write(isLast)
    }
    package init(from reader: inout ByteReader) throws(DecodingFailure) {
        self.init(
            delivery: try reader.read(UInt64.self), location: try reader.read(RecordLocation.self),
            reports: try reader.read([RecipientReport].self), inHand: try reader.read([UInt32].self),
            agent: try reader.read(UInt64.self), isLast: try reader.read(Bool.self))
    }
}
