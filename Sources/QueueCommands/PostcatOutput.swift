internal import CommandKit
internal import Glibc
internal import Mail
internal import MessageFormat
internal import Platform
internal import Spool

/// A message in the form of postcat.
struct PostcatOutput {
    /// As Postfix's records: what `-d` shows in front of each line.
    private enum RecordType: UInt8 {
        case size = 67
        case time = 84
        case attribute = 65
        case sender = 83
        case originalRecipient = 79
        case recipient = 82
        case done = 68
        case text = 78
    }

    /// `deferred/ID`
    let name: String
    let showsTypes: Bool
    let showsOffsets: Bool
    private var offset: UInt64 = 0

    init(name: String, showsTypes: Bool, showsOffsets: Bool) {
        self.name = name
        self.showsTypes = showsTypes
        self.showsOffsets = showsOffsets
    }

    private func line(_ type: RecordType, _ text: String, at place: UInt64? = nil) -> String {
        var prefix = ""
        if showsOffsets {
            let digits = String(place ?? offset)
            prefix += String(repeating: " ", count: max(0, 9 - digits.utf8.count)) + digits + " "
        }
        if showsTypes { prefix += " \(type.rawValue) " }
        return prefix + text + "\n"
    }

    // MARK: Envelope

    mutating func envelope(_ found: FoundMessage) throws(ExitError) {
        let envelope = found.envelope
        offset = found.location.offset
        var text = "*** ENVELOPE RECORDS \(name) ***\n"
        let numbers = [
            found.content.size, found.content.header.offset, UInt64(envelope.recipients.count), 0, found.content.size,
            envelope.smtpUTF8 ? 1 : 0,
        ]
        let padded = numbers.map { number in
            let digits = String(number)
            return String(repeating: " ", count: max(0, 15 - digits.utf8.count)) + digits
        }
        text += line(.size, "message_size: " + padded.joined(separator: " "))
        text += line(.time, "message_arrival_time: " + Self.date(envelope.arrival))
        text += line(.attribute, "create_time: " + Self.date(found.committed))
        func attribute(_ name: String, _ value: String?) {
            if let value, !value.isEmpty { text += line(.attribute, "named_attribute: \(name)=\(value)") }
        }
        attribute("log_ident", envelope.queueID.description)
        attribute("rewrite_context", envelope.rewriteContext == .local ? "local" : "remote")
        text += line(.sender, "sender: \(envelope.sender.externalForm)")
        let client = envelope.client
        attribute("log_client_name", client.name)
        attribute("log_client_address", client.address)
        attribute("log_client_port", client.port == 0 ? nil : String(client.port))
        attribute("log_helo_name", client.helo)
        attribute("log_protocol_name", client.transmissionProtocol)
        attribute("uid", client.uid.map { String($0) })
        attribute("sasl_method", envelope.sasl?.method)
        attribute("sasl_username", envelope.sasl?.username)
        attribute("sasl_sender", envelope.sasl?.sender)
        attribute("tls_summary", envelope.tlsSummary)
        attribute("envelope_id", envelope.envelopeID)
        attribute("ret_flags", envelope.returnContent.map { $0 == .full ? "1" : "2" })
        attribute("encoding", envelope.body.map { $0 == .sevenBit ? "7bit" : "8bit" })
        attribute("content_filter", envelope.contentFilter)
        attribute("redirect", envelope.redirect?.externalForm)
        attribute("verp", envelope.verp)
        try Output.write(text)
        try recipients(found)
        try Output.write("*** MESSAGE CONTENTS \(name) ***\n")
    }

    private func recipients(_ found: FoundMessage) throws(ExitError) {
        var text = ""
        for (ordinal, recipient) in found.envelope.recipients.enumerated() {
            if let orcpt = recipient.orcpt {
                text += line(.attribute, "named_attribute: dsn_orig_rcpt=\(orcpt.type);\(orcpt.address)")
            }
            if let notify = recipient.notify {
                let value = notify.isEmpty ? 1 : Int(notify.rawValue) << 1
                text += line(.attribute, "named_attribute: notify_flags=\(value)")
            }
            let original = recipient.original ?? recipient.address
            text += line(.originalRecipient, "original_recipient: \(original.externalForm)")
            let isQueued = found.state.map { $0.queued.contains(UInt32(ordinal)) } ?? true
            text += line(
                isQueued ? .recipient : .done, (isQueued ? "recipient: " : "done_recipient: ") + recipient.address.externalForm)
            if text.utf8.count > 64 << 10 {
                try Output.write(text)
                text = ""
            }
        }
        try Output.write(text)
    }

    private static func date(_ microseconds: Int64) -> String {
        let second = microseconds / 1_000_000
        let zone = LocalZone(at: second)
        return MailDate.mailboxText(seconds: second, zone: ZoneOffset(seconds: zone.offset, name: zone.name))
    }

    // MARK: Content

    /// *Failure:* what fails its checksum is not shown to its end; status 1.
    mutating func content(_ found: FoundMessage, _ instance: Instance, header: Bool, body: Bool) throws(ExitError) {
        let reader = ContentReader(queueDirectory: instance.queueDirectory, fileSystem: POSIXFileSystem())
        let output = self
        var lines = LocalLines(prefix: showsTypes || showsOffsets, offset: found.content.header.offset) { text, place in
            output.line(.text, text, at: place)
        }
        do {
            var stream = try reader.open(found.content)
            var position: UInt64 = 0
            while let chunk = try stream.next() {
                let inHeader = position < found.content.header.length ? found.content.header.length - position : 0
                var shown = chunk[...]
                // Header block and body may come in one piece. The empty line between them is the body's, as in Postfix.
                var split = Int(min(inHeader, UInt64(chunk.count)))
                if inHeader > 0, inHeader <= UInt64(chunk.count), split >= 2 { split -= 2 }
                if !header { shown = shown.dropFirst(split) }
                if !body { shown = shown.prefix(split) }
                position += UInt64(chunk.count)
                try Output.write(lines.converted(shown))
                if !body && position >= found.content.header.length { break }
            }
            try Output.write(lines.rest)
        } catch let error as ExitError {
            throw error
        } catch {
            throw ExitError(status: 1, message: "\(name): \(error)")
        }
    }

    func end() throws(ExitError) {
        try Output.write("*** HEADER EXTRACTED \(name) ***\n*** MESSAGE FILE END \(name) ***\n")
    }
}

/// CRLF becomes LF; with a prefix for each line, whole lines are gathered.
private struct LocalLines {
    private let hasPrefix: Bool
    private let line: (String, UInt64) -> String
    /// Of the line that is gathered, in the segment.
    private var offset: UInt64
    private var pending: [UInt8] = []
    private var lastWasCR = false

    init(prefix: Bool, offset: UInt64, line: @escaping (String, UInt64) -> String) {
        hasPrefix = prefix
        self.offset = offset
        self.line = line
    }

    mutating func converted(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        for byte in bytes {
            if lastWasCR, byte != 0x0a { append(0x0d, &result) }
            lastWasCR = byte == 0x0d
            if !lastWasCR { append(byte, &result) }
        }
        return result
    }

    private mutating func append(_ byte: UInt8, _ result: inout [UInt8]) {
        guard hasPrefix else { return result.append(byte) }
        guard byte == 0x0a else { return pending.append(byte) }
        result += Array(line(String(decoding: pending, as: UTF8.self), offset).utf8)
        offset += UInt64(pending.count) + 2
        pending = []
    }

    var rest: [UInt8] { pending.isEmpty ? [] : Array(line(String(decoding: pending, as: UTF8.self), offset).utf8) }
}
