/// The binary form of an ``Envelope``: fields of (tag, critical bit, length, value), so that later versions may add some.
///
/// An unknown field that is not critical is skipped. An unknown critical one gives ``EnvelopeDecoded/notUnderstood``: such a
/// message is kept and not delivered.
package enum EnvelopeCoding {
    /// The top bit of a tag.
    static let critical: UInt8 = 0x80

    enum Tag: UInt8 {
        case queueID = 1, sender, recipients, arrival, size, envelopeID, returnContent, body, flags, client, sasl, tls
        case rewriteContext, contentFilter, redirect, verp, trace, priority, holdUntil, deliverBy, origin
    }

    struct Flags: OptionSet {
        let rawValue: UInt8
        static let smtpUTF8 = Flags(rawValue: 1)
        static let requireTLS = Flags(rawValue: 2)
        static let tlsNotRequired = Flags(rawValue: 4)
        static let onHold = Flags(rawValue: 8)
    }

    package static func encode(_ envelope: Envelope) -> [UInt8] {
        var writer = ByteWriter(capacity: 256 + envelope.recipients.count * 64)
        func field(_ tag: Tag, critical isCritical: Bool = false, _ body: (inout ByteWriter) -> Void) {
            writer.write(tag.rawValue | (isCritical ? critical : 0))
            writer.writePrefixed(body)
        }
        field(.queueID, critical: true) { $0.write(envelope.queueID.description) }
        field(.sender, critical: true) { $0.write(envelope.sender.internalForm) }
        field(.recipients, critical: true) { $0.write(envelope.recipients) }
        field(.arrival, critical: true) { $0.write(envelope.arrival) }
        field(.size) { $0.write(envelope.size) }
        if let id = envelope.envelopeID { field(.envelopeID) { $0.write(id) } }
        if let value = envelope.returnContent { field(.returnContent) { $0.write(value.rawValue) } }
        if let value = envelope.body { field(.body, critical: value == .binaryMIME) { $0.write(value.rawValue) } }
        let flags = flags(of: envelope)
        if !flags.isEmpty { field(.flags, critical: true) { $0.write(flags.rawValue) } }
        if envelope.client != ClientInformation() { field(.client) { $0.write(envelope.client) } }
        if let sasl = envelope.sasl { field(.sasl) { $0.write(sasl) } }
        if let tls = envelope.tlsSummary { field(.tls) { $0.write(tls) } }
        field(.rewriteContext) { $0.write(envelope.rewriteContext.rawValue) }
        if let filter = envelope.contentFilter { field(.contentFilter, critical: true) { $0.write(filter) } }
        if let redirect = envelope.redirect { field(.redirect, critical: true) { $0.write(redirect.internalForm) } }
        if let verp = envelope.verp { field(.verp, critical: true) { $0.write(verp) } }
        if !envelope.trace.isEmpty { field(.trace, critical: true) { $0.write(envelope.trace.rawValue) } }
        if envelope.priority != 0 { field(.priority) { $0.write(envelope.priority) } }
        if let until = envelope.holdUntil { field(.holdUntil, critical: true) { $0.write(until) } }
        if let deliverBy = envelope.deliverBy { field(.deliverBy, critical: true) { $0.write(deliverBy) } }
        if let origin = envelope.origin { field(.origin, critical: true) { $0.write(origin) } }
        return writer.bytes
    }

    private static func flags(of envelope: Envelope) -> Flags {
        var flags: Flags = []
        if envelope.smtpUTF8 { flags.insert(.smtpUTF8) }
        if envelope.requireTLS { flags.insert(.requireTLS) }
        if envelope.tlsNotRequired { flags.insert(.tlsNotRequired) }
        if envelope.onHold { flags.insert(.onHold) }
        return flags
    }

    package enum Decoded: Equatable, Sendable {
        case envelope(Envelope)
        /// A critical field of this tag is unknown here: keep the message, do not deliver it, say so.
        case notUnderstood(tag: UInt8)
    }

    package static func decode(_ bytes: [UInt8]) throws(DecodingFailure) -> Decoded {
        var reader = ByteReader(bytes)
        var queueID: QueueID?
        var sender: ReversePath?
        var envelope = Envelope(queueID: QueueID(microseconds: 0, unique: 0), sender: .null, recipients: [], arrival: 0)
        while reader.remaining > 0 {
            let rawTag = try reader.read(UInt8.self)
            var value = try reader.readPrefixed()
            guard let tag = Tag(rawValue: rawTag & ~critical) else {
                if rawTag & critical != 0 { return .notUnderstood(tag: rawTag & ~critical) }
                continue
            }
            switch tag {
            case .queueID:
                let text = try value.read(String.self)
                guard let id = QueueID(text) else { throw DecodingFailure("queue ID expected") }
                queueID = id
            case .sender: sender = ReversePath(internal: try value.read(String.self))
            default: try decode(tag, from: &value, into: &envelope)
            }
            try value.finish()
        }
        guard let queueID, let sender else { throw DecodingFailure("an envelope needs a queue ID and a sender") }
        envelope.queueID = queueID
        envelope.sender = sender
        return .envelope(envelope)
    }

    private static func decode(
        _ tag: Tag, from value: inout ByteReader, into envelope: inout Envelope
    ) throws(DecodingFailure) {
        switch tag {
        case .queueID, .sender: preconditionFailure("read by the caller")
        case .recipients: envelope.recipients = try value.read([EnvelopeRecipient].self)
        case .arrival: envelope.arrival = try value.read(Int64.self)
        case .size: envelope.size = try value.read(UInt64.self)
        case .envelopeID: envelope.envelopeID = try value.read(String.self)
        case .returnContent: envelope.returnContent = try value.readCase()
        case .body: envelope.body = try value.readCase()
        case .flags:
            let flags = Flags(rawValue: try value.read(UInt8.self))
            envelope.smtpUTF8 = flags.contains(.smtpUTF8)
            envelope.requireTLS = flags.contains(.requireTLS)
            envelope.tlsNotRequired = flags.contains(.tlsNotRequired)
            envelope.onHold = flags.contains(.onHold)
        case .client: envelope.client = try value.read(ClientInformation.self)
        case .sasl: envelope.sasl = try value.read(SASLInformation.self)
        case .tls: envelope.tlsSummary = try value.read(String.self)
        case .rewriteContext: envelope.rewriteContext = try value.readCase()
        case .contentFilter: envelope.contentFilter = try value.read(String.self)
        case .redirect: envelope.redirect = EmailAddress(internal: try value.read(String.self))
        case .verp: envelope.verp = try value.read(String.self)
        case .trace: envelope.trace = TraceFlags(rawValue: try value.read(UInt8.self))
        case .priority: envelope.priority = try value.read(Int8.self)
        case .holdUntil: envelope.holdUntil = try value.read(Int64.self)
        case .deliverBy: envelope.deliverBy = try value.read(DeliverBy.self)
        case .origin: envelope.origin = try value.read(MessageOrigin.self)
        }
    }
}
