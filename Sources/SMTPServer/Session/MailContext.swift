internal import Mail
internal import SMTPProtocol

/// What the server knows about a transaction beside what the client said. It is dropped with the transaction.
struct MailContext {
    /// Microseconds since 1970 when MAIL came.
    let arrival: Int64
    /// Made at the first recipient that is accepted.
    var queueID: QueueID?
    /// What access tables want done with the message.
    var effects = AccessEffects()

    init(arrival: Int64) { self.arrival = arrival }
}

/// Results of access tables that change a message instead of refusing it.
struct AccessEffects: Equatable, Sendable {
    var hold = false
    var discard = false
    /// `transport:nexthop`
    var filter: String?
    var redirect: EmailAddress?
    /// Header lines with CRLF, in order.
    var prepended: [UInt8] = []

    mutating func add(_ other: AccessEffects) {
        hold = hold || other.hold
        discard = discard || other.discard
        filter = other.filter ?? filter
        redirect = other.redirect ?? redirect
        prepended += other.prepended
    }
}
