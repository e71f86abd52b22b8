package import Mail

/// sendmail → pickup: a message from a process on this machine; its uid comes from the socket (SO_PEERCRED), not from here.
///
/// Content as with ``Submission``, but in any line-ending form: pickup makes it wire form. Answered with ``LocalSubmissionResult``.
/// *End of connection before the answer:* unknown outcome; sendmail exits 75.
package struct LocalSubmission: WireMessage, Equatable {
    package static let kind = WireKind(40, "local_submission", from: .sendmail, to: .pickup)
    /// Internal form; nil: the caller's login name.
    package var sender: String?
    package var fullName: String?
    package var recipients: [String]
    package var recipientsFromHeaders: Bool
    package var body: BodyType?
    package var smtpUTF8: Bool
    package var notify: NotifyOptions?
    package var returnContent: ReturnContent?
    package var envelopeID: String?
    package var verp: String?
    package var trace: TraceFlags
    package var contentLength: UInt32?

    package init(sender: String?, recipients: [String], contentLength: UInt32?) {
        self.sender = sender
        fullName = nil
        self.recipients = recipients
        recipientsFromHeaders = false
        body = nil
        smtpUTF8 = false
        notify = nil
        returnContent = nil
        envelopeID = nil
        verp = nil
        trace = []
        self.contentLength = contentLength
    }

    package func encode(into writer: inout ByteWriter) {
        writer.write(sender)
        writer.write(fullName)
        writer.write(recipients)
        writer.write(recipientsFromHeaders)
        writer.write(body?.rawValue ?? 0)
        writer.write(smtpUTF8)
        writer.write(notify != nil)
        writer.write(notify?.rawValue ?? 0)
        writer.write(returnContent?.rawValue ?? 0)
        writer.write(envelopeID)
        writer.write(verp)
        writer.write(trace.rawValue)
        writer.write(contentLength)
    }
    package init(from reader: inout ByteReader) throws(DecodingFailure) {
        sender = try reader.read(String?.self)
        fullName = try reader.read(String?.self)
        recipients = try reader.read([String].self)
        recipientsFromHeaders = try reader.read(Bool.self)
        body = BodyType(rawValue: try reader.read(UInt8.self))
        smtpUTF8 = try reader.read(Bool.self)
        let hasNotify = try reader.read(Bool.self)
        let rawNotify = try reader.read(UInt8.self)
        notify = hasNotify ? NotifyOptions(rawValue: rawNotify) : nil
        returnContent = ReturnContent(rawValue: try reader.read(UInt8.self))
        envelopeID = try reader.read(String?.self)
        verp = try reader.read(String?.self)
        trace = TraceFlags(rawValue: try reader.read(UInt8.self))
        contentLength = try reader.read(UInt32?.self)
    }
}

/// A part of a streamed local content, as payload; closed by one with `last`.
package struct LocalContentChunk: WireMessage, Equatable {
    package static let kind = WireKind(41, "local_content_chunk", from: .sendmail, to: .pickup)
    package var last: Bool
    package init(last: Bool) { self.last = last }
    package func encode(into writer: inout ByteWriter) { writer.write(last) }
    package init(from reader: inout ByteReader) throws(DecodingFailure) { last = try reader.read(Bool.self) }
}

/// pickup → sendmail: the exit status (sysexits.h) and, unless 0, a sentence for standard error.
package struct LocalSubmissionResult: WireMessage, Equatable {
    package static let kind = WireKind(42, "local_submission_result", from: .pickup, to: .sendmail)
    package var exitStatus: UInt8
    package var text: String
    package var queueID: QueueID?
    package init(exitStatus: UInt8, text: String, queueID: QueueID?) {
        self.exitStatus = exitStatus
        self.text = text
        self.queueID = queueID
    }
    package func encode(into writer: inout ByteWriter) {
        writer.write(exitStatus)
        writer.write(text)
        writer.write(queueID)
    }
    package init(from reader: inout ByteReader) throws(DecodingFailure) {
        self.init(
            exitStatus: try reader.read(UInt8.self), text: try reader.read(String.self), queueID: try reader.read(QueueID?.self)
        )
    }
}
