package import Mail

/// tool, showq → qmgr: act on the queue. Answered with ``QueueCommandResult`` once it is in the journal.
///
/// *End of connection before the answer:* unknown outcome; every command may be repeated.
package struct QueueCommand: WireMessage, Equatable {
    package static let kind = WireKind(50, "queue_command", from: .tool, to: .qmgr)
    package enum Action: Equatable, Sendable {
        /// All deferred mail is due now.
        case flushAll
        /// Deferred mail of one next hop or recipient domain.
        case flushSite(String)
        case flushMessage(QueueID)
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
        }
    }
    package init(from reader: inout ByteReader) throws(DecodingFailure) {
        switch try reader.read(UInt8.self) {
        case 1: action = .flushAll
        case 2: action = .flushSite(try reader.read(String.self))
        case 3: action = .flushMessage(try reader.read(QueueID.self))
        case let other: throw DecodingFailure("\(other) is no queue command")
        }
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

/// showq → qmgr: the messages that it holds in memory (active, or too young for the index).
package struct LiveQueueQuery: WireMessage, Equatable {
    package static let kind = WireKind(52, "live_queue_query", from: .showq, to: .qmgr)
    package init() {}
    package func encode(into writer: inout ByteWriter) {}
    package init(from reader: inout ByteReader) throws(DecodingFailure) {}
}

/// A message as `mailq` shows it.
package struct QueueListing: Equatable, Sendable, ByteCodable {
    package enum State: UInt8, Sendable { case incoming = 1, active = 2, deferred = 3, hold = 4 }
    package struct Recipient: Equatable, Sendable, ByteCodable {
        package var address: String
        package var original: String
        /// Why it is still here; empty when not yet tried.
        package var reason: String
        package init(address: String, original: String, reason: String) {
            self.address = address
            self.original = original
            self.reason = reason
        }
        package func encode(into writer: inout ByteWriter) {
            writer.write(address)
            writer.write(original)
            writer.write(reason)
        }
        package init(from reader: inout ByteReader) throws(DecodingFailure) {
            self.init(
                address: try reader.read(String.self), original: try reader.read(String.self),
                reason: try reader.read(String.self))
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

    package init(queueID: QueueID, state: State, arrival: Int64, size: UInt64, sender: String, recipients: [Recipient]) {
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
    }
    package init(from reader: inout ByteReader) throws(DecodingFailure) {
        queueID = try reader.read(QueueID.self)
        state = try reader.readCase()
        arrival = try reader.read(Int64.self)
        size = try reader.read(UInt64.self)
        sender = try reader.read(String.self)
        recipients = try reader.read([Recipient].self)
    }
}

/// qmgr → showq: some of them; `last` closes the answer.
package struct LiveQueueRows: WireMessage, Equatable {
    package static let kind = WireKind(53, "live_queue_rows", from: .qmgr, to: .showq)
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
