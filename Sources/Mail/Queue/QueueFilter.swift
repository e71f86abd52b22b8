/// Which messages of the queue a command is about: terms that must all hold.
///
/// Terms about recipients (recipient, domain, next hop, reason) must hold for one and the same recipient that is still queued. An
/// empty filter selects everything. The text form is ``parse(_:)``'s.
package struct QueueFilter: Equatable, Sendable {
    package enum Field: UInt8, Sendable, CaseIterable {
        case id = 1
        case sender, recipient, domain, nextHop, reason, age, size, state
    }

    package enum Test: UInt8, Sendable {
        case equals = 1
        case differs, contains, lacks, below, above
    }

    package struct Term: Equatable, Sendable {
        package var field: Field
        package var test: Test
        /// One of them must match (`equals`, `contains`), none may (`differs`, `lacks`). `*` stands for any characters.
        package var values: [String]
        /// Seconds of an age, bytes of a size.
        package var limit: UInt64

        package init(_ field: Field, _ test: Test, _ values: [String] = [], limit: UInt64 = 0) {
            self.field = field
            self.test = test
            self.values = values
            self.limit = limit
        }
    }

    /// Where a message can be.
    package enum State: UInt8, Sendable, CaseIterable {
        case incoming = 1
        case active, deferred, hold, deleted
        /// Waits to be handed in again (`postsuper -r`); Postfix's name of that queue.
        case maildrop

        package init?(name: some StringProtocol) {
            guard let state = Self.allCases.first(where: { $0.name == String(name) }) else { return nil }
            self = state
        }

        package var name: String {
            switch self {
            case .incoming: "incoming"
            case .active: "active"
            case .deferred: "deferred"
            case .hold: "hold"
            case .deleted: "deleted"
            case .maildrop: "maildrop"
            }
        }
    }

    package var terms: [Term]

    package init(_ terms: [Term] = []) { self.terms = terms }

    package init(ids: [QueueID]) { terms = [Term(.id, .equals, ids.map(\.description))] }

    /// Whether only deleted messages may match: they are selected by nothing else.
    package var wantsDeleted: Bool {
        terms.contains { $0.field == .state && $0.test == .equals && $0.values.contains(State.deleted.name) }
    }
}

extension QueueFilter.Field {
    package var name: String {
        switch self {
        case .id: "id"
        case .sender: "sender"
        case .recipient: "recipient"
        case .domain: "domain"
        case .nextHop: "nexthop"
        case .reason: "reason"
        case .age: "age"
        case .size: "size"
        case .state: "state"
        }
    }
}

extension QueueFilter: ByteCodable {
    package func encode(into writer: inout ByteWriter) { writer.write(terms) }
    package init(from reader: inout ByteReader) throws(DecodingFailure) { terms = try reader.read([Term].self) }
}

extension QueueFilter.Term: ByteCodable {
    package func encode(into writer: inout ByteWriter) {
        writer.write(field.rawValue)
        writer.write(test.rawValue)
        writer.write(values)
        writer.write(limit)
    }
    package init(from reader: inout ByteReader) throws(DecodingFailure) {
        self.init(
            try reader.readCase(), try reader.readCase(), try reader.read([String].self), limit: try reader.read(UInt64.self))
    }
}
