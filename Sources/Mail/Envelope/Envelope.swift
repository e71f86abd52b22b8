/// What RFC 5321 calls the envelope, with everything that must survive a restart beside the content.
///
/// Stored in the spool by ``EnvelopeCoding`` as typed fields, each with a critical bit.
package struct Envelope: Equatable, Sendable {
    package var queueID: QueueID
    package var sender: ReversePath
    /// After expansion. An ordinal (index) names a recipient for ever.
    package var recipients: [EnvelopeRecipient]
    /// Microseconds since 1970 when the first byte of the transaction came.
    package var arrival: Int64
    /// Wire-form size of the content, bytes.
    package var size: UInt64 = 0
    package var envelopeID: String? = nil
    package var returnContent: ReturnContent? = nil
    package var body: BodyType? = nil
    package var smtpUTF8 = false
    package var requireTLS = false
    /// `TLS-Required: no`, RFC 8689 section 5.
    package var tlsNotRequired = false
    package var client = ClientInformation()
    package var sasl: SASLInformation? = nil
    package var tlsSummary: String? = nil
    package var rewriteContext: RewriteContext = .remote
    /// `transport:nexthop`
    package var contentFilter: String? = nil
    package var redirect: EmailAddress? = nil
    /// VERP delimiters, two characters.
    package var verp: String? = nil
    package var trace: TraceFlags = []
    /// RFC 6710, -9 to 9.
    package var priority: Int8 = 0
    /// Seconds since 1970.
    package var holdUntil: Int64? = nil
    package var onHold = false
    package var deliverBy: DeliverBy? = nil
    package var origin: MessageOrigin? = nil

    package init(queueID: QueueID, sender: ReversePath, recipients: [EnvelopeRecipient], arrival: Int64) {
        self.queueID = queueID
        self.sender = sender
        self.recipients = recipients
        self.arrival = arrival
    }
}

package struct EnvelopeRecipient: Hashable, Sendable {
    package var address: EmailAddress
    /// As the client gave it, when expansion changed it (`orig_to=`).
    package var original: EmailAddress? = nil
    package var orcpt: OriginalRecipient? = nil
    package var notify: NotifyOptions? = nil

    package init(_ address: EmailAddress, original: EmailAddress? = nil) {
        self.address = address
        self.original = original
    }
}

/// ORCPT of RFC 3461 section 4.2, decoded from xtext.
package struct OriginalRecipient: Hashable, Sendable {
    package var type: String
    package var address: String
    package init(type: String, address: String) {
        self.type = type
        self.address = address
    }
}

/// NOTIFY of RFC 3461 section 4.1. Empty means NEVER.
package struct NotifyOptions: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }
    package static let success = NotifyOptions(rawValue: 1)
    package static let failure = NotifyOptions(rawValue: 2)
    package static let delay = NotifyOptions(rawValue: 4)
}

package enum ReturnContent: UInt8, Sendable { case headers = 1, full = 2 }
package enum BodyType: UInt8, Sendable { case sevenBit = 1, eightBitMIME = 2, binaryMIME = 3 }
package enum RewriteContext: UInt8, Sendable { case local = 1, remote = 2 }

package struct TraceFlags: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }
    /// Report each recipient's status to the sender (`sendmail -v`).
    package static let verbose = TraceFlags(rawValue: 1)
    /// Do not deliver, report what would be done (`sendmail -bv`).
    package static let verifyOnly = TraceFlags(rawValue: 2)
    /// An address probe.
    package static let probe = TraceFlags(rawValue: 4)
}

package struct DeliverBy: Hashable, Sendable {
    /// Seconds since 1970.
    package var deadline: Int64
    package var returnIfLate: Bool
    package var trace: Bool
    package init(deadline: Int64, returnIfLate: Bool, trace: Bool) {
        self.deadline = deadline
        self.returnIfLate = returnIfLate
        self.trace = trace
    }
}

/// Who handed us the message. Empty text means unknown; for local submission the address is empty and `uid` is set.
package struct ClientInformation: Hashable, Sendable {
    /// The verified name, or `unknown`.
    package var name = ""
    /// IPv4 or IPv6 text, without brackets or prefix.
    package var address = ""
    package var port: UInt16 = 0
    /// `SMTP`, `ESMTP`, `ESMTPS`, `ESMTPA`, …
    package var transmissionProtocol = ""
    package var helo = ""
    package var uid: UInt32? = nil
    package init() {}
}

package struct SASLInformation: Hashable, Sendable {
    package var method: String
    package var username: String
    package var sender: String?
    package init(method: String, username: String, sender: String?) {
        self.method = method
        self.username = username
        self.sender = sender
    }
}

/// Where a message made inside the suite comes from. Its arrival IS the completion of these recipients of the parent, and a
/// second child of the same parent, recipients and purpose is dropped.
package struct MessageOrigin: Hashable, Sendable {
    package enum Purpose: UInt8, Sendable {
        case failureNotice = 1
        case delayNotice = 2
        case successNotice = 3
        case forward = 4
        case requeue = 5
        /// From a file in maildrop/; `recipients` is empty.
        case maildrop = 6
    }
    package var parent: RecordLocation
    package var recipients: [UInt32]
    package var purpose: Purpose

    package init(parent: RecordLocation, recipients: [UInt32], purpose: Purpose) {
        self.parent = parent
        self.recipients = recipients
        self.purpose = purpose
    }
}
