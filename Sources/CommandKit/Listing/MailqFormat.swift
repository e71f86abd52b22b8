internal import MessageFormat
internal import Platform

/// The listing of `mailq` and `postqueue -p`, to the column, with enable_long_queue_ids.
package struct MailqFormat: Sendable {
    private var messages = 0
    private var bytes: Int64 = 0
    private let zone: @Sendable (Int64) -> ZoneOffset

    package init() {
        self.init { second in
            let zone = LocalZone(at: second)
            return ZoneOffset(seconds: zone.offset, name: zone.name)
        }
    }

    init(zone: @escaping @Sendable (Int64) -> ZoneOffset) { self.zone = zone }

    /// The lines of one message, with the heading before the first.
    package mutating func text(_ entry: QueueEntry) -> String {
        var text =
            messages == 0 ? "----Queue ID----- --Size-- ---Arrival Time---- --Sender/Recipient------\n" : "\n"
        messages += 1
        bytes += entry.size
        var id = entry.id
        if entry.queue == "active" { id += "*" }
        if entry.queue == "hold" { id += "!" }
        if entry.isForcedToExpire { id += "#" }
        let date = String(MailDate.mailboxText(seconds: entry.arrival, zone: zone(entry.arrival)).prefix(19))
        text += Self.padded(id, 17) + " " + Self.aligned(String(entry.size), 8) + " " + date + " "
        text += Self.printable(entry.sender.isEmpty ? "MAILER-DAEMON" : entry.sender) + "\n"
        var reason = ""
        for recipient in entry.recipients {
            if recipient.reason != reason {
                reason = recipient.reason
                if !reason.isEmpty {
                    text += Self.aligned("", max(0, 76 - reason.utf8.count)) + "(\(Self.printable(reason)))\n"
                }
            }
            text += Self.padded("", 47) + Self.printable(recipient.address) + "\n"
        }
        return text
    }

    /// What stands below the last message, or instead of all.
    package var ending: String {
        if messages == 0 { return "Mail queue is empty\n" }
        return "\n-- \(bytes / 1024) Kbytes in \(messages) Request\(messages == 1 ? "" : "s").\n"
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.utf8.count))
    }

    private static func aligned(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.utf8.count)) + text
    }

    /// Terminals get no control characters from strangers.
    private static func printable(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) else { return text }
        return String(decoding: text.utf8.map { $0 < 0x20 || $0 == 0x7f ? UInt8(ascii: "?") : $0 }, as: UTF8.self)
    }
}
