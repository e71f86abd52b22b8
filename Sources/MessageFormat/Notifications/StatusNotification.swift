package import Mail

/// A delivery-status notification: multipart/report of RFC 6522 with the words of bounce(5) for people, a delivery-status of
/// RFC 3464 (RFC 6533 for internationalised mail) for programs, and the message or its header section.
///
/// The bytes are ``head``, the returned content in wire form, ``tail``: content is never held here.
package struct StatusNotification: Sendable {
    package enum Purpose: Equatable, Sendable {
        case failure
        /// delay_warning_time and maximal_queue_lifetime, both in seconds.
        case delay(warningTime: Int64, lifetime: Int64)
        case success
    }

    package struct Recipient: Sendable {
        package var recipient: EnvelopeRecipient
        package var status: DeliveryStatus
        package init(_ recipient: EnvelopeRecipient, _ status: DeliveryStatus) {
            self.recipient = recipient
            self.status = status
        }
    }

    package enum Returned: Equatable, Sendable { case full, headers }

    package var purpose: Purpose
    /// The queue ID of the notification itself; it makes the boundary, which the sender cannot know.
    package var ownID: QueueID
    /// The envelope of the message that it is about; its recipients are not looked at.
    package var parent: Envelope
    package var recipients: [Recipient]
    /// Whom it goes to.
    package var destination: EmailAddress
    /// A copy for the postmaster: other subject, no polite words, `auto-generated`.
    package var isPostmasterCopy = false
    package var returned: Returned
    /// `$myhostname`, `$myorigin`, `$mail_name`
    package var hostname: String
    package var origin: String
    package var mailName: String
    /// Dates as ``MailDate``: of the notification, of the parent's arrival, and of the end of retries (delay only).
    package var date: String
    package var arrivalDate: String
    package var retryUntil = ""

    package init(
        _ purpose: Purpose, ownID: QueueID, parent: Envelope, recipients: [Recipient], destination: EmailAddress,
        returned: Returned, hostname: String, origin: String, mailName: String, date: String, arrivalDate: String
    ) {
        self.purpose = purpose
        self.ownID = ownID
        self.parent = parent
        self.recipients = recipients
        self.destination = destination
        self.returned = returned
        self.hostname = hostname
        self.origin = origin
        self.mailName = mailName
        self.date = date
        self.arrivalDate = arrivalDate
    }

    /// Everything before the returned content: header section, text, delivery status, and the beginning of the last part.
    package var head: [UInt8] {
        var writer = NotificationWriter()
        writeHeader(&writer)
        writeText(&writer)
        writeMessageFields(&writer)
        for recipient in recipients { writeRecipient(recipient, &writer) }
        writeReturnedPart(&writer)
        return writer.bytes
    }

    /// Everything behind it.
    package var tail: [UInt8] { Array("\r\n--\(boundary)--\r\n".utf8) }

    private var boundary: String { "\(ownID).\(parent.arrival / 1_000_000)/\(hostname)" }
    private var isGlobal: Bool { parent.smtpUTF8 }

    /// 8bit when anything in it may be: the returned content as declared, addresses and reasons as they are.
    private var isEightBit: Bool { parent.smtpUTF8 || (parent.body ?? .sevenBit) != .sevenBit || !isPlainASCII }

    private var isPlainASCII: Bool {
        func plain(_ text: String) -> Bool { text.utf8.allSatisfy { $0 < 0x80 } }
        return plain(parent.sender.internalForm) && plain(hostname)
            && recipients.allSatisfy {
                plain($0.recipient.address.internalForm) && plain($0.status.text) && plain($0.status.diagnostic?.text ?? "")
            }
    }

    private var template: NotificationTemplate {
        switch purpose {
        case .failure: .failure(hostname: hostname)
        case .delay(let warningTime, let lifetime):
            .delay(hostname: hostname, warningHours: Int(warningTime / 3600), lifetimeDays: Int(lifetime / 86_400))
        case .success: .success(hostname: hostname)
        }
    }

    private func writeHeader(_ writer: inout NotificationWriter) {
        writer.line("Date: " + date)
        writer.line("From: MAILER-DAEMON@\(origin) (Mail Delivery System)")
        writer.line("Subject: " + (isPostmasterCopy ? template.postmasterSubject : template.subject))
        writer.line("To: " + destination.externalForm)
        writer.line("Auto-Submitted: " + (isPostmasterCopy ? "auto-generated" : "auto-replied"))
        writer.line("MIME-Version: 1.0")
        writer.line("Content-Type: multipart/report; report-type=delivery-status;")
        writer.line("\tboundary=\"\(boundary)\"")
        if isEightBit { writer.line("Content-Transfer-Encoding: 8bit") }
        writer.line("")
        writer.line("This is a MIME-encapsulated message.")
    }

    private func writeText(_ writer: inout NotificationWriter) {
        beginPart(
            "Notification", "text/plain; charset=" + (isPlainASCII ? "us-ascii" : "utf-8"), isEightBit: isEightBit, &writer)
        if !isPostmasterCopy { for line in template.text { writer.line(line) } }
        for entry in recipients {
            writer.line("")
            var text = "<" + entry.recipient.address.externalForm + ">"
            if let original = entry.recipient.original, original != entry.recipient.address {
                text += " (expanded from <" + original.externalForm + ">)"
            }
            writer.wrapped(text + ": " + entry.status.text)
        }
    }

    private func beginPart(_ description: String, _ type: String, isEightBit: Bool, _ writer: inout NotificationWriter) {
        writer.line("")
        writer.line("--" + boundary)
        writer.line("Content-Description: " + description)
        writer.line("Content-Type: " + type)
        if isEightBit { writer.line("Content-Transfer-Encoding: 8bit") }
        writer.line("")
    }

    /// RFC 3464 section 2.2.
    private func writeMessageFields(_ writer: inout NotificationWriter) {
        beginPart(
            "Delivery report", isGlobal ? "message/global-delivery-status" : "message/delivery-status", isEightBit: isGlobal,
            &writer)
        writer.line("Reporting-MTA: dns; " + hostname)
        if let id = parent.envelopeID { writer.line("Original-Envelope-Id: " + id) }
        writer.line("X-\(atom)-Queue-ID: \(parent.queueID)")
        let sender = parent.sender == .null ? "MAILER-DAEMON" : parent.sender.externalForm
        writer.line("X-\(atom)-Sender: " + typed(sender))
        writer.line("Arrival-Date: " + arrivalDate)
    }

    /// RFC 3464 section 2.3.
    private func writeRecipient(_ entry: Recipient, _ writer: inout NotificationWriter) {
        writer.line("")
        writer.line("Final-Recipient: " + typed(entry.recipient.address.externalForm))
        if let original = entry.recipient.orcpt {
            writer.line("Original-Recipient: " + original.type + ";" + originalText(original))
        } else if let original = entry.recipient.original {
            writer.line("Original-Recipient: " + typed(original.externalForm))
        }
        writer.line("Action: " + action(entry.status.outcome))
        writer.line("Status: " + entry.status.code.description)
        if let host = entry.status.diagnostic?.host, !host.isEmpty { writer.wrapped("Remote-MTA: dns; " + host) }
        if let diagnostic = entry.status.diagnostic, !diagnostic.text.isEmpty {
            writer.wrapped("Diagnostic-Code: " + diagnostic.type + "; " + diagnostic.text)
        } else {
            writer.wrapped("Diagnostic-Code: X-" + atom + "; " + entry.status.text)
        }
        if case .delay = purpose, !retryUntil.isEmpty { writer.line("Will-Retry-Until: " + retryUntil) }
    }

    /// xtext again, except for addresses of type utf-8 in an internationalised report (RFC 6533 section 4).
    private func originalText(_ original: OriginalRecipient) -> String {
        isGlobal && original.type.lowercasedASCII == "utf-8" ? original.address : XText.encode(original.address)
    }

    private func action(_ outcome: DeliveryStatus.Outcome) -> String {
        switch purpose {
        case .failure: return "failed"
        case .delay: return "delayed"
        case .success: break
        }
        switch outcome {
        case .sent: return "delivered"
        case .relayed: return "relayed"
        case .expanded: return "expanded"
        case .deferred: return "delayed"
        case .bounced: return "failed"
        }
    }

    private func writeReturnedPart(_ writer: inout NotificationWriter) {
        let adjective = purpose == .success ? "" : "Undelivered "
        let type: String
        switch (returned, isGlobal) {
        case (.full, false): type = "message/rfc822"
        case (.full, true): type = "message/global"
        case (.headers, false): type = "text/rfc822-headers"
        case (.headers, true): type = "message/global-headers"
        }
        beginPart(adjective + (returned == .full ? "Message" : "Message Headers"), type, isEightBit: isEightBit, &writer)
        writer.line("Return-Path: <" + parent.sender.externalForm + ">")
    }

    /// `rfc822; address`, or utf-8 where the address needs it.
    private func typed(_ address: String) -> String {
        (address.utf8.allSatisfy { $0 < 0x80 } ? "rfc822; " : "utf-8; ") + address
    }

    /// `$mail_name` as an atom.
    private var atom: String { String(mailName.map { $0.isLetter || $0.isNumber || $0 == "_" ? $0 : "-" }) }
}

/// Lines with CRLF. Control characters of other hosts' texts never end a line.
struct NotificationWriter {
    private(set) var bytes: [UInt8] = []

    init() { bytes.reserveCapacity(4096) }

    mutating func line(_ text: String) {
        for byte in text.utf8 { bytes.append(byte < 0x20 && byte != 0x09 || byte == 0x7f ? UInt8(ascii: "?") : byte) }
        bytes.append(contentsOf: [0x0d, 0x0a])
    }

    mutating func wrapped(_ text: String) {
        let clean = text.utf8.map { $0 < 0x20 && $0 != 0x09 || $0 == 0x7f ? UInt8(ascii: " ") : $0 }
        LineWrap.append(String(decoding: clean, as: UTF8.self), to: &bytes)
    }
}
