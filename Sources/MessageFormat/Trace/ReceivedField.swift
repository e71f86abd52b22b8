package import Mail

/// The `Received:` field of RFC 5321 section 4.4, in Postfix's form.
package struct ReceivedField: Sendable {
    package enum Source: Sendable {
        /// A client on the network. `comments` are lines without parentheses, as `using TLSv1.3 with cipher …` and
        /// `Authenticated sender: user`. `recipient` only when the transaction has one.
        case network(
            helo: String, name: String, address: String, transmissionProtocol: String, comments: [String],
            recipient: EmailAddress?)
        /// A process on this machine, by pickup.
        case localUser(uid: UInt32)
        /// Made by a program of the suite (reports, forwards).
        case internalMail
    }

    package var source: Source
    /// `$myhostname`
    package var hostname: String
    /// `$mail_name`
    package var mailName: String
    package var queueID: QueueID
    /// ``MailDate`` of the arrival.
    package var date: String

    package init(_ source: Source, hostname: String, mailName: String, queueID: QueueID, date: String) {
        self.source = source
        self.hostname = hostname
        self.mailName = mailName
        self.queueID = queueID
        self.date = date
    }

    /// The lines with CRLF.
    package var bytes: [UInt8] {
        var text = ""
        text.reserveCapacity(300)
        switch source {
        case .network(let helo, let name, let address, let transmissionProtocol, let comments, let recipient):
            let literal = address.utf8.contains(UInt8(ascii: ":")) ? "IPv6:" + address : address
            text += "Received: from " + Self.neutral(helo.isEmpty ? name : helo) + " (" + name + " [" + literal + "])\r\n"
            for comment in comments { text += "\t(" + Self.neutral(comment) + ")\r\n" }
            text += "\tby " + hostname + " (" + mailName + ") with " + transmissionProtocol + " id " + queueID.description
            if let recipient {
                text += "\r\n\tfor <" + Self.neutral(recipient.externalForm) + ">; " + date + "\r\n"
            } else {
                text += ";\r\n\t" + date + "\r\n"
            }
        case .localUser(let uid):
            text += "Received: by " + hostname + " (" + mailName + ", from userid " + String(uid) + ")\r\n"
            text += "\tid " + queueID.description + "; " + date + "\r\n"
        case .internalMail:
            text += "Received: by " + hostname + " (" + mailName + ")\r\n\tid " + queueID.description + "; " + date + "\r\n"
        }
        return Array(text.utf8)
    }

    /// Text of a client without what could end a line or a comment.
    private static func neutral(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) else { return text }
        return String(decoding: text.utf8.map { $0 < 0x20 || $0 == 0x7f ? UInt8(ascii: "?") : $0 }, as: UTF8.self)
    }
}
