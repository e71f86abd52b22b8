package import Mail

/// tool, showq → qmgr: act on the queue. Answered with ``QueueChanges`` for each portion and ``QueueCommandResult`` at the end, each once
/// what it tells is in the journal and synced.
///
/// *End of connection before the answer:* unknown outcome; every command may be repeated.
package struct QueueCommand: WireMessage, Equatable {
    package static let kind = WireKind(50, "queue_command", version: 2, from: .tool, to: .qmgr)
    package enum Action: Equatable, Sendable {
        /// All deferred mail is due now.
        case flushAll
        /// Deferred mail of one next hop or recipient domain.
        case flushSite(String)
        case flushMessage(QueueID)
        /// What the filter selects. `isTrial`: only say which messages that would be.
        case change(QueueChange, QueueFilter, isTrial: Bool)
        /// The index is made anew from segments, done lists and journal.
        case rebuildIndex
    }
    package var action: Action
    package init(_ action: Action) { self.action = action }

    package func encode(into writer: inout ByteWriter) {
        switch action {
        case .flushAll: writer.write(UInt8(1))
        case .flushSite(let site):
            writer.write(UInt8(2))
            writer.write(site)
        case .flushMessage(let id):
            writer.write(UInt8(3))
            writer.write(id)
        case .change(let change, let filter, let isTrial):
            writer.write(UInt8(4))
            writer.write(change)
            writer.write(filter)
            writer.write(isTrial)
        case .rebuildIndex: writer.write(UInt8(5))
        }
    }
    package init(from reader: inout ByteReader) throws(DecodingFailure) {
        switch try reader.read(UInt8.self) {
        case 1: action = .flushAll
        case 2: action = .flushSite(try reader.read(String.self))
        case 3: action = .flushMessage(try reader.read(QueueID.self))
        case 4:
            action = .change(
                try reader.read(QueueChange.self), try reader.read(QueueFilter.self), isTrial: try reader.read(Bool.self))
        case 5: action = .rebuildIndex
        case let other: throw DecodingFailure("\(other) is no queue command")
        }
    }
}

/// What an operator does to messages of the queue.
package enum QueueChange: Equatable, Sendable, ByteCodable {
    case hold
    case release
    /// Taken out of the queue. Within so many seconds it can be restored; `purges`: its bytes are erased at once.
    case delete(restorableFor: UInt32, purges: Bool)
    case restore
    /// Returned to the sender as too old at the next attempt.
    case expire
    /// Handed in again, under a new queue ID.
    case requeue
    /// Attempted now.
    case flush

    package func encode(into writer: inout ByteWriter) {
        switch self {
        case .hold: writer.write(UInt8(1))
        case .release: writer.write(UInt8(2))
        case .delete(let seconds, let purges):
            writer.write(UInt8(3))
            writer.write(seconds)
            writer.write(purges)
        case .restore: writer.write(UInt8(4))
        case .expire: writer.write(UInt8(5))
        case .requeue: writer.write(UInt8(6))
        case .flush: writer.write(UInt8(7))
        }
    }
    package init(from reader: inout ByteReader) throws(DecodingFailure) {
        switch try reader.read(UInt8.self) {
        case 1: self = .hold
        case 2: self = .release
        case 3: self = .delete(restorableFor: try reader.read(UInt32.self), purges: try reader.read(Bool.self))
        case 4: self = .restore
        case 5: self = .expire
        case 6: self = .requeue
        case 7: self = .flush
        case let other: throw DecodingFailure("\(other) is no change of the queue")
        }
    }
}

/// qmgr → tool: messages that a command has changed (or would change); more may follow.
package struct QueueChanges: WireMessage, Equatable {
    package static let kind = WireKind(54, "queue_changes", from: .qmgr, to: .tool)
    package var ids: [QueueID]
    /// Messages that were looked at so far, for a display of progress.
    package var examined: UInt64
    package init(ids: [QueueID], examined: UInt64) {
        self.ids = ids
        self.examined = examined
    }
    package func encode(into writer: inout ByteWriter) {
        writer.write(ids)
        writer.write(examined)
    }
    package init(from reader: inout ByteReader) throws(DecodingFailure) {
        self.init(ids: try reader.read([QueueID].self), examined: try reader.read(UInt64.self))
    }
}

/// qmgr → tool.
package struct QueueCommandResult: WireMessage, Equatable {
    package static let kind = WireKind(51, "queue_command_result", from: .qmgr, to: .tool)
    /// Messages that it touched.
    package var count: UInt64
    package var error: String?
    package init(count: UInt64, error: String?) {
        self.count = count
        self.error = error
    }
    package func encode(into writer: inout ByteWriter) {
        writer.write(count)
        writer.write(error)
    }
    package init(from reader: inout ByteReader) throws(DecodingFailure) {
        self.init(count: try reader.read(UInt64.self), error: try reader.read(String?.self))
    }
}

/// tool → showq, at once after connecting; a client that says nothing gets the whole queue, as from Postfix's showq.
///
/// *End of connection before the answer:* a listing that is cut short; for a flush: unknown outcome, it may be repeated.
package struct QueueQuestion: WireMessage, Equatable {
    package static let kind = WireKind(55, "queue_question", from: .tool, to: .showq)
    package enum Asked: Equatable, Sendable {
        /// In Postfix's showq protocol.
        case list(QueueFilter)
        /// For users who may flush but not change the queue; answered with ``QueueCommandResult``.
        case flush(QueueCommand)
    }
    package var asked: Asked
    package init(_ asked: Asked) { self.asked = asked }
    package func encode(into writer: inout ByteWriter) {
        switch asked {
        case .list(let filter):
            writer.write(UInt8(1))
            writer.write(filter)
        case .flush(let command):
            writer.write(UInt8(2))
            writer.write(command)
        }
    }
    package init(from reader: inout ByteReader) throws(DecodingFailure) {
        switch try reader.read(UInt8.self) {
        case 1: asked = .list(try reader.read(QueueFilter.self))
        case 2: asked = .flush(try reader.read(QueueCommand.self))
        case let other: throw DecodingFailure("\(other) is no question to showq")
        }
    }
}

/// showq → tool: it will not answer, and why; an exit status of sysexits.h.
package struct QueueRefusal: WireMessage, Equatable {
    package static let kind = WireKind(56, "queue_refusal", from: .showq, to: .tool)
    package var exitStatus: UInt8
    package var text: String
    package init(exitStatus: UInt8, text: String) {
        self.exitStatus = exitStatus
        self.text = text
    }
    package func encode(into writer: inout ByteWriter) {
        writer.write(exitStatus)
        writer.write(text)
    }
    package init(from reader: inout ByteReader) throws(DecodingFailure) {
        self.init(exitStatus: try reader.read(UInt8.self), text: try reader.read(String.self))
    }
}

/// showq → qmgr: the messages that it holds in memory (active, or too young for the index).
package struct LiveQueueQuery: WireMessage, Equatable {
    package static let kind = WireKind(52, "live_queue_query", from: .showq, to: .qmgr)
    package init() {}
    package func encode(into writer: inout ByteWriter) {}
    package init(from reader: inout ByteReader) throws(DecodingFailure) {}
}

/// A message as `mailq` shows it.
package struct QueueListing: Equatable, Sendable, ByteCodable {
    package typealias State = QueueFilter.State
    package struct Recipient: Equatable, Sendable, ByteCodable {
        package var address: String
        package var original: String
        /// Why it is still here; empty when not yet tried.
        package var reason: String
        /// ``QueueDigest`` of the next hop, 0 when it is not known.
        package var nextHop: UInt64
        package init(address: String, original: String, reason: String, nextHop: UInt64 = 0) {
            self.address = address
            self.original = original
            self.reason = reason
            self.nextHop = nextHop
        }
        package func encode(into writer: inout ByteWriter) {
            writer.write(address)
            writer.write(original)
            writer.write(reason)
            writer.write(nextHop)
        }
        package init(from reader: inout ByteReader) throws(DecodingFailure) {
            self.init(
                address: try reader.read(String.self), original: try reader.read(String.self),
                reason: try reader.read(String.self), nextHop: try reader.read(UInt64.self))
        }
    }
    package var queueID: QueueID
    package var state: State
    /// Seconds since 1970.
    package var arrival: Int64
    package var size: UInt64
    /// Internal form, empty for null.
    package var sender: String
    /// Those that are not final.
    package var recipients: [Recipient]
    /// It is to be returned as too old.
    package var isExpired: Bool

    package init(
        queueID: QueueID, state: State, arrival: Int64, size: UInt64, sender: String, recipients: [Recipient],
        isExpired: Bool = false
    ) {
        self.isExpired = isExpired
        self.queueID = queueID
        self.state = state
        self.arrival = arrival
        self.size = size
        self.sender = sender
        self.recipients = recipients
    }

    package func encode(into writer: inout ByteWriter) {
        writer.write(queueID)
        writer.write(state.rawValue)
        writer.write(arrival)
        writer.write(size)
        writer.write(sender)
        writer.write(recipients)
        writer.write(isExpired)
    }
    package init(from reader: inout ByteReader) throws(DecodingFailure) {
        queueID = try reader.read(QueueID.self)
        state = try reader.readCase()
        arrival = try reader.read(Int64.self)
        size = try reader.read(UInt64.self)
        sender = try reader.read(String.self)
        recipients = try reader.read([Recipient].self)
        isExpired = try reader.read(Bool.self)
    }
}

/// qmgr → showq: some of them; `last` closes the answer.
package struct LiveQueueRows: WireMessage, Equatable {
    package static let kind = WireKind(53, "live_queue_rows", version: 2, from: .qmgr, to: .showq)
    package var rows: [QueueListing]
    package var last: Bool
    package init(rows: [QueueListing], last: Bool) {
        self.rows = rows
        self.last = last
    }
    package func encode(into writer: inout ByteWriter) {
        writer.write(rows)
        writer.write(last)
    }
    package init(from reader: inout ByteReader) throws(DecodingFailure) {
        self.init(rows: try reader.read([QueueListing].self), last: try reader.read(Bool.self))
    }
}

extension QueueMatcher {
    package func matches(_ message: QueueListing) -> Bool {
        matches(
            id: message.queueID.description, sender: message.sender, arrival: message.arrival, size: message.size,
            state: message.state)
            && matches(
                anyOf: message.recipients.lazy.map {
                    Recipient(address: $0.address, reason: $0.reason, nextHop: $0.nextHop)
                })
    }
}

/// qmgr → pickup: hand this message to cleanup again, for these recipients, as the child that takes its place (`postsuper -r`).
///
/// *End of connection before the answer:* unknown outcome; qmgr asks again later, and the origin in the child makes a second one fall
/// away.
package struct RequeueRequest: WireMessage, Equatable {
    package static let kind = WireKind(57, "requeue_request", from: .qmgr, to: .pickup)
    package var location: RecordLocation
    package var content: ContentLocation
    /// Envelope of the parent without recipients.
    package var envelope: Envelope
    package var recipients: [RequestedRecipient]

    package init(
        location: RecordLocation, content: ContentLocation, envelope: Envelope, recipients: [RequestedRecipient]
    ) {
        self.location = location
        self.content = content
        self.envelope = envelope
        self.recipients = recipients
    }
    package func encode(into writer: inout ByteWriter) {
        writer.write(location)
        writer.write(content)
        writer.write(EnvelopeCoding.encode(envelope))
        writer.write(recipients)
    }
    package init(from reader: inout ByteReader) throws(DecodingFailure) {
        location = try reader.read(RecordLocation.self)
        content = try reader.read(ContentLocation.self)
        guard case .envelope(let envelope) = try EnvelopeCoding.decode(try reader.read([UInt8].self)) else {
            throw DecodingFailure("an envelope with unknown critical fields")
        }
        self.envelope = envelope
        recipients = try reader.read([RequestedRecipient].self)
    }
}

/// pickup → qmgr: the child is on stable storage; or why not, then qmgr asks again later.
package struct RequeueResult: WireMessage, Equatable {
    package static let kind = WireKind(58, "requeue_result", from: .pickup, to: .qmgr)
    package var error: String?
    package init(error: String?) { self.error = error }
    package func encode(into writer: inout ByteWriter) { writer.write(error) }
    package init(from reader: inout ByteReader) throws(DecodingFailure) { error = try reader.read(String?.self) }
}
