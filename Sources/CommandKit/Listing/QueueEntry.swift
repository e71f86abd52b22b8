/// A message as showq tells of it.
package struct QueueEntry: Equatable, Sendable {
    package struct Recipient: Equatable, Sendable {
        package var original: String
        package var address: String
        /// Why it is still here; empty when it has not been tried.
        package var reason: String
        package init(original: String, address: String, reason: String) {
            self.original = original
            self.address = address
            self.reason = reason
        }
    }
    /// `active`, `deferred`, `hold`, `incoming`, `maildrop`
    package var queue: String
    package var id: String
    /// Seconds since 1970.
    package var arrival: Int64
    package var size: Int64
    package var isForcedToExpire: Bool
    package var sender: String
    package var recipients: [Recipient]

    init(queue: String, id: String, arrival: Int64, size: Int64, isForcedToExpire: Bool, sender: String) {
        self.queue = queue
        self.id = id
        self.arrival = arrival
        self.size = size
        self.isForcedToExpire = isForcedToExpire
        self.sender = sender
        recipients = []
    }

    /// From the attributes of Postfix's showq protocol, in their order; nil when one is missing or no number.
    package init?(attributes: [(name: String, value: String)]) {
        var fields: [String: String] = [:]
        recipients = []
        var original = ""
        for (name, value) in attributes {
            switch name {
            // Newer versions of the protocol tell it before the recipient.
            case "original_recipient": original = value
            case "recipient":
                recipients.append(Recipient(original: original, address: value, reason: ""))
                original = ""
            case "reason":
                guard !recipients.isEmpty else { return nil }
                recipients[recipients.count - 1].reason = value
            default: fields[name] = value
            }
        }
        guard let queue = fields["queue_name"], let id = fields["queue_id"], let sender = fields["sender"],
            let arrival = fields["time"].flatMap({ Int64($0) }), let size = fields["size"].flatMap({ Int64($0) })
        else { return nil }
        self.queue = queue
        self.id = id
        self.arrival = arrival
        self.size = size
        self.sender = sender
        isForcedToExpire = fields["forced_expire"] == "1"
    }
}
