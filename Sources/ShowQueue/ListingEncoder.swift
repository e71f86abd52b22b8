internal import Mail
internal import Wire

/// Postfix's showq protocol: `name NUL value NUL`, and a NUL in the place of a name ends a record, or the listing. The first record
/// names the protocol.
///
/// The attributes are those of 3.7: its postqueue takes no others, in no other order (tried with Debian's 3.7.11; from 3.11 on there
/// are more of them).
struct ListingEncoder {
    /// What Postfix's empty_address_recipient says by default.
    private static let nullSender = "MAILER-DAEMON"

    private(set) var bytes: [UInt8] = []

    var isEmpty: Bool { bytes.isEmpty }

    mutating func append(_ message: QueueListing, isFirst: Bool = true, isLast: Bool = true) {
        if isFirst {
            attribute("queue_name\0", message.state.name)
            attribute("queue_id\0", message.queueID.description)
            attribute("time\0", String(message.arrival))
            attribute("size\0", String(message.size))
            attribute("forced_expire\0", message.isExpired ? "1" : "0")
            attribute("sender\0", message.sender.isEmpty ? Self.nullSender : Self.external(message.sender))
        }
        for recipient in message.recipients {
            attribute("recipient\0", Self.external(recipient.address))
            attribute("reason\0", recipient.reason)
        }
        if isLast { end() }
    }

    /// Before everything else.
    mutating func begin() {
        attribute("protocol\0", "mail_queue_list_protocol")
        end()
    }

    mutating func end() { bytes.append(0) }

    mutating func take() -> [UInt8] {
        defer { bytes = [] }
        return bytes
    }

    /// Most addresses look the same in both forms: they are not taken apart for it.
    private static func external(_ address: String) -> String {
        isPlain(address) ? address : EmailAddress(internal: address).externalForm
    }

    /// Letters, digits and some marks around one @, dots between others only: nothing that is quoted.
    static func isPlain(_ address: String) -> Bool {
        var ats = 0
        var previous = UInt8(ascii: ".")
        for byte in address.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "+"),
                UInt8(ascii: "="):
                break
            case UInt8(ascii: "@"):
                if previous == UInt8(ascii: ".") { return false }
                ats += 1
            case UInt8(ascii: "."):
                if previous == UInt8(ascii: ".") || previous == UInt8(ascii: "@") { return false }
            default: return false
            }
            previous = byte
        }
        return ats == 1 && previous != UInt8(ascii: ".") && previous != UInt8(ascii: "@")
    }

    /// A NUL inside a value would end it.
    /// - Parameter name: with its NUL.
    private mutating func attribute(_ name: StaticString, _ value: String) {
        name.withUTF8Buffer { unsafe bytes.append(contentsOf: $0) }
        let start = bytes.count
        bytes.append(contentsOf: value.utf8)
        for index in start..<bytes.count where bytes[index] == 0 { bytes[index] = UInt8(ascii: "?") }
        bytes.append(0)
    }
}
