package import Mail

/// smtpd, pickup, bounce, local → cleanup: take this message.
///
/// The content follows as payload of this frame when `contentLength` is given (small messages, sent when complete), else as
/// ``ContentChunk`` frames closed by ``ContentEnd``. The content is in wire form (CRLF), starting with its header section.
/// *End of connection before the answer:* unknown outcome. Before ContentEnd: not done.
package struct Submission: WireMessage, Equatable {
    package static let kind = WireKind(1, "submission", from: .submitter, to: .cleanup)

    package struct Flags: OptionSet, Sendable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }
        /// Add missing Date, Message-ID, From (local submission and local_header_rewrite_clients).
        package static let completeHeaders = Flags(rawValue: 1)
        /// Take recipients from To, Cc, Bcc (`sendmail -t`).
        package static let recipientsFromHeaders = Flags(rawValue: 2)
        /// Made inside the suite: may use the reserved share of connections, memory and disk.
        package static let internalOrigin = Flags(rawValue: 4)
        /// receive_override_options = no_address_mappings
        package static let noAddressMappings = Flags(rawValue: 8)
        /// receive_override_options = no_header_body_checks
        package static let noHeaderBodyChecks = Flags(rawValue: 16)
    }

    /// `envelope.size` need not be set.
    package var envelope: Envelope
    package var flags: Flags
    /// Header lines to put before the content (Received and the like), with CRLF.
    package var prepended: [UInt8]
    /// Bytes of payload in this frame, nil when chunks follow.
    package var contentLength: UInt32?
    /// For a From that is missing (`sendmail -F`).
    package var fullName: String? = nil

    package init(envelope: Envelope, flags: Flags, prepended: [UInt8], contentLength: UInt32?) {
        self.envelope = envelope
        self.flags = flags
        self.prepended = prepended
        self.contentLength = contentLength
    }

    package func encode(into writer: inout ByteWriter) {
        writer.write(EnvelopeCoding.encode(envelope))
        writer.write(flags.rawValue)
        writer.write(prepended)
        writer.write(contentLength)
        writer.write(fullName)
    }
    package init(from reader: inout ByteReader) throws(DecodingFailure) {
        guard case .envelope(let envelope) = try EnvelopeCoding.decode(try reader.read([UInt8].self)) else {
            throw DecodingFailure("an envelope with unknown critical fields")
        }
        self.init(
            envelope: envelope, flags: Flags(rawValue: try reader.read(UInt8.self)),
            prepended: try reader.read([UInt8].self), contentLength: try reader.read(UInt32?.self))
        fullName = try reader.read(String?.self)
    }
}

/// A part of a streamed content, as payload.
package struct ContentChunk: WireMessage, Equatable {
    package static let kind = WireKind(2, "content_chunk", from: .submitter, to: .cleanup)
    package init() {}
    package func encode(into writer: inout ByteWriter) {}
    package init(from reader: inout ByteReader) throws(DecodingFailure) {}
}

/// The streamed content is complete, or is given up by the submitter (its client vanished).
package struct ContentEnd: WireMessage, Equatable {
    package static let kind = WireKind(3, "content_end", from: .submitter, to: .cleanup)
    package var complete: Bool
    package init(complete: Bool) { self.complete = complete }
    package func encode(into writer: inout ByteWriter) { writer.write(complete) }
    package init(from reader: inout ByteReader) throws(DecodingFailure) { complete = try reader.read(Bool.self) }
}

/// cleanup → submitter: what became of it. `accepted` means on stable storage.
package struct SubmissionResult: WireMessage, Equatable {
    package static let kind = WireKind(4, "submission_result", from: .cleanup, to: .submitter)

    package enum Verdict: Equatable, Sendable {
        case accepted
        /// Taken and thrown away on purpose (header check DISCARD): answered like accepted.
        case discarded
        /// Nothing was stored: `reply` is 3 digits, as 451, 452, 550, 552.
        case refused(reply: UInt16, status: EnhancedStatus, text: String)
    }
    package var verdict: Verdict
    /// Microseconds for which the submitter should delay its answer to an outside client (in_flow_delay).
    package var delay: UInt32

    package init(_ verdict: Verdict, delay: UInt32 = 0) {
        self.verdict = verdict
        self.delay = delay
    }

    package func encode(into writer: inout ByteWriter) {
        switch verdict {
        case .accepted: writer.write(UInt8(1))
        case .discarded: writer.write(UInt8(2))
        case .refused(let reply, let status, let text):
            writer.write(UInt8(3))
            writer.write(reply)
            writer.write(status)
            writer.write(text)
        }
        writer.write(delay)
    }
    package init(from reader: inout ByteReader) throws(DecodingFailure) {
        switch try reader.read(UInt8.self) {
        case 1: verdict = .accepted
        case 2: verdict = .discarded
        case 3:
            verdict = .refused(
                reply: try reader.read(UInt16.self), status: try reader.read(EnhancedStatus.self),
                text: try reader.read(String.self))
        case let other: throw DecodingFailure("\(other) is no verdict")
        }
        delay = try reader.read(UInt32.self)
    }
}

/// cleanup → submitter, on a connection that carries no message: this cleanup takes nothing more here (a successor is there). What was sent
/// and not answered was not taken, and may be sent again on another connection.
package struct SubmissionsEnd: WireMessage, Equatable {
    package static let kind = WireKind(5, "submissions_end", from: .cleanup, to: .submitter)
    package init() {}
    package func encode(into writer: inout ByteWriter) {}
    package init(from reader: inout ByteReader) throws(DecodingFailure) {}
}
