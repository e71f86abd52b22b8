/// The listing of `postqueue -j`: an object on one line for each message, its keys in Postfix's order.
package enum JSONFormat {
    package static func line(_ entry: QueueEntry) -> String {
        var bytes: [UInt8] = []
        append(Array("{\"queue_name\": ".utf8), to: &bytes)
        append(quoting: Array(entry.queue.utf8)[...], to: &bytes)
        append(Array(", \"queue_id\": ".utf8), to: &bytes)
        append(quoting: Array(entry.id.utf8)[...], to: &bytes)
        append(Array(", \"arrival_time\": \(entry.arrival), \"message_size\": \(entry.size)".utf8), to: &bytes)
        append(Array(", \"forced_expire\": \(entry.isForcedToExpire), \"sender\": ".utf8), to: &bytes)
        append(quoting: Array(entry.sender.utf8)[...], to: &bytes)
        append(Array(", \"recipients\": [".utf8), to: &bytes)
        for (index, recipient) in entry.recipients.enumerated() {
            append(Array((index == 0 ? "{\"address\": " : ", {\"address\": ").utf8), to: &bytes)
            append(quoting: Array(recipient.address.utf8)[...], to: &bytes)
            if !recipient.reason.isEmpty {
                append(Array(", \"delay_reason\": ".utf8), to: &bytes)
                append(quoting: Array(recipient.reason.utf8)[...], to: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
        append(Array("]}\n".utf8), to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    package static func quoted(_ text: String) -> String {
        var bytes: [UInt8] = []
        append(quoting: Array(text.utf8)[...], to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The next record of a listing, as it came: without a text made of it. False when it lacks something or has it in another order
    /// than ours.
    static func append(_ client: borrowing ShowQueueClient, to bytes: inout [UInt8]) -> Bool {
        let fields = client.fields
        guard fields.count >= Key.all.count else { return false }
        for (index, key) in Key.all.enumerated() {
            guard client.buffer[fields[index].name].elementsEqual(key.name) else { return false }
            append(key.heading, to: &bytes)
            let value = client.buffer[fields[index].value]
            switch key.kind {
            case .text: append(quoting: value, to: &bytes)
            case .number:
                guard !value.isEmpty, value.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 || $0 == UInt8(ascii: "-") }) else {
                    return false
                }
                bytes.append(contentsOf: value)
            case .truth: append(value.elementsEqual("0".utf8) ? Key.no : Key.yes, to: &bytes)
            }
        }
        append(Key.recipients, to: &bytes)
        var isFirst = true
        for field in fields[Key.all.count...] {
            let name = client.buffer[field.name]
            let value = client.buffer[field.value]
            if name.elementsEqual(Key.recipient) {
                append(isFirst ? Key.firstAddress : Key.nextAddress, to: &bytes)
                isFirst = false
                append(quoting: value, to: &bytes)
            } else if name.elementsEqual(Key.reason), !value.isEmpty {
                append(Key.delayReason, to: &bytes)
                append(quoting: value, to: &bytes)
            }
        }
        append(isFirst ? Key.endWithoutRecipients : Key.end, to: &bytes)
        return true
    }

    private struct Key {
        enum Kind { case text, number, truth }
        let name: [UInt8]
        let heading: [UInt8]
        let kind: Kind

        init(_ name: String, _ heading: String, _ kind: Kind) {
            self.name = Array(name.utf8)
            self.heading = Array(heading.utf8)
            self.kind = kind
        }

        static let all = [
            Key("queue_name", "{\"queue_name\": ", .text), Key("queue_id", ", \"queue_id\": ", .text),
            Key("time", ", \"arrival_time\": ", .number), Key("size", ", \"message_size\": ", .number),
            Key("forced_expire", ", \"forced_expire\": ", .truth), Key("sender", ", \"sender\": ", .text),
        ]
        static let recipient = Array("recipient".utf8)
        static let reason = Array("reason".utf8)
        static let recipients = Array(", \"recipients\": [".utf8)
        static let firstAddress = Array("{\"address\": ".utf8)
        static let nextAddress = Array("}, {\"address\": ".utf8)
        static let delayReason = Array(", \"delay_reason\": ".utf8)
        static let end = Array("}]}\n".utf8)
        static let endWithoutRecipients = Array("]}\n".utf8)
        static let yes = Array("true".utf8)
        static let no = Array("false".utf8)
    }

    private static func append(_ part: [UInt8], to bytes: inout [UInt8]) { bytes.append(contentsOf: part) }

    /// RFC 8259 section 7. Invalid UTF-8 becomes U+FFFD, as no JSON may have it.
    private static func append(quoting text: ArraySlice<UInt8>, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        if text.allSatisfy({ isPlain($0) }) {
            bytes.append(contentsOf: text)
        } else {
            for byte in String(decoding: text, as: UTF8.self).utf8 { append(escaping: byte, to: &bytes) }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte < 0x7f && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    private static func append(escaping byte: UInt8, to bytes: inout [UInt8]) {
        switch byte {
        case UInt8(ascii: "\""): bytes.append(contentsOf: "\\\"".utf8)
        case UInt8(ascii: "\\"): bytes.append(contentsOf: "\\\\".utf8)
        case 0x08: bytes.append(contentsOf: "\\b".utf8)
        case 0x0c: bytes.append(contentsOf: "\\f".utf8)
        case 0x0a: bytes.append(contentsOf: "\\n".utf8)
        case 0x0d: bytes.append(contentsOf: "\\r".utf8)
        case 0x09: bytes.append(contentsOf: "\\t".utf8)
        case 0..<0x20, 0x7f:
            let digits = String(byte, radix: 16, uppercase: true)
            bytes.append(contentsOf: ("\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits).utf8)
        default: bytes.append(byte)
        }
    }
}
