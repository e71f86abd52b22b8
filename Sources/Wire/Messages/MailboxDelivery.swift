package import Mail

/// local → deliverer (over a socket pair, after the deliverer has given up root): put the payload that follows somewhere.
///
/// The content, already in LF form, is the payload of this frame when `contentLength` is given, else it follows at once as
/// ``MailboxContent`` frames. Several deliveries may be in hand; each is answered with a ``MailboxDeliveryResult`` of its number,
/// in any order.
/// *End of connection before the answer:* unknown outcome: deferred.
package struct MailboxDelivery: WireMessage, Equatable {
    package static let kind = WireKind(60, "mailbox_delivery", from: .agent, to: .deliverer)
    package enum Target: Equatable, Sendable {
        /// Absolute path of the maildir, with or without its last slash.
        case maildir(path: String)
        /// The user's mailbox: absolute path; locked as mailbox_delivery_lock says.
        case mbox(path: String)
        /// `/file` of an alias or .forward file: as `mbox`, but its owner does not matter and it may be `/dev/null`.
        case file(path: String)
        /// Read `.forward` candidates (absolute paths, in order) and answer with the first that exists.
        case readForward(paths: [String])
        /// Read an `:include:` file.
        case readInclude(path: String)
        /// Run through `/bin/sh -c`, with these environment entries.
        case command(String, environment: [String])
    }
    package var number: UInt32
    package var target: Target
    /// Bytes at the front of the message: `From `-line (mbox) and Return-Path, Delivered-To, X-Original-To.
    package var prepended: [UInt8]
    /// Bytes; 0 is no limit (mailbox_size_limit).
    package var mailboxSizeLimit: UInt64
    package var queueID: QueueID
    /// Bytes of payload in this frame, nil when chunks follow.
    package var contentLength: UInt32?
    /// `.forward` candidates: when one of them exists it is answered, as by `readForward`, and nothing is delivered. Saves most
    /// mail a question of its own.
    package var unlessForward: [String] = []

    package init(
        number: UInt32, target: Target, prepended: [UInt8], mailboxSizeLimit: UInt64, queueID: QueueID, contentLength: UInt32?
    ) {
        self.number = number
        self.target = target
        self.prepended = prepended
        self.mailboxSizeLimit = mailboxSizeLimit
        self.queueID = queueID
        self.contentLength = contentLength
    }

    package func encode(into writer: inout ByteWriter) {
        writer.write(number)
        switch target {
        case .maildir(let path):
            writer.write(UInt8(1))
            writer.write(path)
        case .mbox(let path):
            writer.write(UInt8(2))
            writer.write(path)
        case .readForward(let paths):
            writer.write(UInt8(3))
            writer.write(paths)
        case .command(let command, let environment):
            writer.write(UInt8(4))
            writer.write(command)
            writer.write(environment)
        case .file(let path):
            writer.write(UInt8(5))
            writer.write(path)
        case .readInclude(let path):
            writer.write(UInt8(6))
            writer.write(path)
        }
        writer.write(prepended)
        writer.write(mailboxSizeLimit)
        writer.write(queueID)
        writer.write(contentLength)
        writer.write(unlessForward)
    }
    package init(from reader: inout ByteReader) throws(DecodingFailure) {
        number = try reader.read(UInt32.self)
        switch try reader.read(UInt8.self) {
        case 1: target = .maildir(path: try reader.read(String.self))
        case 2: target = .mbox(path: try reader.read(String.self))
        case 3: target = .readForward(paths: try reader.read([String].self))
        case 4: target = .command(try reader.read(String.self), environment: try reader.read([String].self))
        case 5: target = .file(path: try reader.read(String.self))
        case 6: target = .readInclude(path: try reader.read(String.self))
        case let other: throw DecodingFailure("\(other) is no mailbox target")
        }
        prepended = try reader.read([UInt8].self)
        mailboxSizeLimit = try reader.read(UInt64.self)
        queueID = try reader.read(QueueID.self)
        contentLength = try reader.read(UInt32?.self)
        unlessForward = try reader.read([String].self)
    }
}

/// A part of the content, as payload; the one with `last` completes it. `complete` false gives the delivery up.
package struct MailboxContent: WireMessage, Equatable {
    package static let kind = WireKind(61, "mailbox_content", from: .agent, to: .deliverer)
    package var last: Bool
    package var complete: Bool
    package init(last: Bool, complete: Bool = true) {
        self.last = last
        self.complete = complete
    }
    package func encode(into writer: inout ByteWriter) {
        writer.write(last)
        writer.write(complete)
    }
    package init(from reader: inout ByteReader) throws(DecodingFailure) {
        self.init(last: try reader.read(Bool.self), complete: try reader.read(Bool.self))
    }
}

/// deliverer → local: the status; for ``MailboxDelivery/Target/readForward(paths:)`` and `readInclude` the file's text in
/// `forward` (nil: there is none) and its path as the status's text.
package struct MailboxDeliveryResult: WireMessage, Equatable {
    package static let kind = WireKind(62, "mailbox_delivery_result", from: .deliverer, to: .agent)
    package var number: UInt32
    package var status: DeliveryStatus
    package var forward: [UInt8]?
    /// For the log: why a `.forward` file was not used.
    package var remark: String?
    package init(number: UInt32, status: DeliveryStatus, forward: [UInt8]? = nil, remark: String? = nil) {
        self.remark = remark
        self.number = number
        self.status = status
        self.forward = forward
    }
    package func encode(into writer: inout ByteWriter) {
        writer.write(number)
        writer.write(status)
        writer.write(forward != nil)
        if let forward { writer.write(forward) }
        writer.write(remark)
    }
    package init(from reader: inout ByteReader) throws(DecodingFailure) {
        number = try reader.read(UInt32.self)
        status = try reader.read(DeliveryStatus.self)
        forward = try reader.read(Bool.self) ? try reader.read([UInt8].self) : nil
        remark = try reader.read(String?.self)
    }
}
