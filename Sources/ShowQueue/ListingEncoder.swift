internal import Mail
internal import NIOCore
internal import Wire

/// Postfix's showq protocol: `name NUL value NUL`, and a NUL in the place of a name ends a message, or the listing.
struct ListingEncoder {
    private(set) var bytes = ByteBuffer()

    mutating func append(_ message: QueueListing, isFirst: Bool = true, isLast: Bool = true) {
        if isFirst {
            attribute("queue_name", name(of: message.state))
            attribute("queue_id", message.queueID.description)
            attribute("time", String(message.arrival))
            attribute("size", String(message.size))
            attribute("forced_expire", "0")
            attribute("sender", message.sender)
        }
        for recipient in message.recipients {
            attribute("original_recipient", recipient.original == recipient.address ? "" : recipient.original)
            attribute("recipient", recipient.address)
            attribute("log_class", "")
            attribute("reason", recipient.reason)
        }
        if isLast { end() }
    }

    mutating func end() { bytes.writeInteger(UInt8(0)) }

    mutating func take() -> ByteBuffer {
        defer { bytes = ByteBuffer() }
        return bytes
    }

    private func name(of state: QueueListing.State) -> String {
        switch state {
        case .incoming: "incoming"
        case .active: "active"
        case .deferred: "deferred"
        case .hold: "hold"
        }
    }

    /// A NUL inside a value would end it.
    private mutating func attribute(_ name: String, _ value: String) {
        bytes.writeString(name)
        bytes.writeInteger(UInt8(0))
        bytes.writeString(value.utf8.contains(0) ? value.replacing("\0", with: "?") : value)
        bytes.writeInteger(UInt8(0))
    }
}
