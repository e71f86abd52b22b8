internal import Mail
internal import NIOCore
internal import Wire

/// Postfix's showq protocol: `name NUL value NUL`, and a NUL in the place of a name ends a record, or the listing. The first record
/// names the protocol.
///
/// The attributes are those of 3.7: its postqueue takes no others, in no other order (tried with Debian's 3.7.11; from 3.11 on there
/// are more of them).
struct ListingEncoder {
    /// What Postfix's empty_address_recipient says by default.
    private static let nullSender = "MAILER-DAEMON"

    private(set) var bytes = ByteBuffer()

    var isEmpty: Bool { bytes.readableBytes == 0 }

    mutating func append(_ message: QueueListing, isFirst: Bool = true, isLast: Bool = true) {
        if isFirst {
            attribute("queue_name", message.state.name)
            attribute("queue_id", message.queueID.description)
            attribute("time", String(message.arrival))
            attribute("size", String(message.size))
            attribute("forced_expire", message.isExpired ? "1" : "0")
            attribute("sender", message.sender.isEmpty ? Self.nullSender : external(message.sender))
        }
        for recipient in message.recipients {
            attribute("recipient", external(recipient.address))
            attribute("reason", recipient.reason)
        }
        if isLast { end() }
    }

    /// Before everything else.
    mutating func begin() {
        attribute("protocol", "mail_queue_list_protocol")
        end()
    }

    mutating func end() { bytes.writeInteger(UInt8(0)) }

    mutating func take() -> ByteBuffer {
        defer { bytes = ByteBuffer() }
        return bytes
    }

    private func external(_ address: String) -> String { EmailAddress(internal: address).externalForm }

    /// A NUL inside a value would end it.
    private mutating func attribute(_ name: String, _ value: String) {
        bytes.writeString(name)
        bytes.writeInteger(UInt8(0))
        bytes.writeString(value.utf8.contains(0) ? value.replacing("\0", with: "?") : value)
        bytes.writeInteger(UInt8(0))
    }
}
