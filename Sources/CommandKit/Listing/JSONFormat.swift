/// The listing of `postqueue -j`: an object on one line for each message, its keys in Postfix's order.
package enum JSONFormat {
    package static func line(_ entry: QueueEntry) -> String {
        var text = "{\"queue_name\": \(quoted(entry.queue)), \"queue_id\": \(quoted(entry.id)), "
        text += "\"arrival_time\": \(entry.arrival), \"message_size\": \(entry.size), "
        text += "\"forced_expire\": \(entry.isForcedToExpire), \"sender\": \(quoted(entry.sender)), \"recipients\": ["
        text += entry.recipients.map { recipient in
            var object = "{\"address\": \(quoted(recipient.address))"
            if !recipient.reason.isEmpty { object += ", \"delay_reason\": \(quoted(recipient.reason))" }
            return object + "}"
        }.joined(separator: ", ")
        return text + "]}\n"
    }

    /// RFC 8259 section 7.
    package static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\u{8}": result += "\\b"
            case "\u{c}": result += "\\f"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x7f:
                let digits = String(scalar.value, radix: 16, uppercase: true)
                result += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
