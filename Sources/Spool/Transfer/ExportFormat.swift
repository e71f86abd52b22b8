package import Mail

/// The form in which messages move between spools and versions (docs/queue.md): a line that names it, then for each message a line with
/// lengths and checksum, the envelope in ``EnvelopeCoding``'s form, the content in wire form; then a line with the count, without which
/// a file is cut short.
package enum ExportFormat {
    package static let heading = "MARTLET-QUEUE 1\n"
    /// No line of the format is longer.
    package static let longestLine = 200

    /// `MESSAGE id envelope-length content-length checksum-of-the-envelope`
    package struct Message: Equatable, Sendable {
        package var queueID: QueueID
        package var envelopeLength: UInt64
        package var contentLength: UInt64
        package var envelopeCRC: UInt32

        package init(_ queueID: QueueID, envelope: [UInt8], contentLength: UInt64) {
            self.queueID = queueID
            envelopeLength = UInt64(envelope.count)
            self.contentLength = contentLength
            envelopeCRC = ExportFormat.checksum(envelope)
        }

        package var line: String { "MESSAGE \(queueID) \(envelopeLength) \(contentLength) \(envelopeCRC)\n" }
    }

    package enum Line: Equatable, Sendable {
        case message(Message)
        /// Behind each content: its checksum.
        case content(UInt32)
        /// The end.
        case end(UInt64)
    }

    package static func contentLine(_ crc: UInt32) -> String { "CONTENT \(crc)\n" }
    package static func endLine(_ count: UInt64) -> String { "END \(count)\n" }

    /// Without its line feed; nil when it is none of the format's.
    package static func line(_ text: String) -> Line? {
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        switch words.first {
        case "MESSAGE":
            guard words.count == 5, let id = QueueID(words[1]), let envelope = UInt64(words[2]), let content = UInt64(words[3]),
                let crc = UInt32(words[4]), envelope <= 32 << 20, content < 1 << 50
            else { return nil }
            var message = Message(id, envelope: [], contentLength: content)
            message.envelopeLength = envelope
            message.envelopeCRC = crc
            return .message(message)
        case "CONTENT": return words.count == 2 ? UInt32(words[1]).map { .content($0) } : nil
        case "END": return words.count == 2 ? UInt64(words[1]).map { .end($0) } : nil
        default: return nil
        }
    }

    package static func checksum(_ bytes: [UInt8], after crc: UInt32 = 0) -> UInt32 { Checksum.crc(bytes, seed: crc) }
}
