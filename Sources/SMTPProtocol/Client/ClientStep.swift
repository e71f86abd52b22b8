package import Mail

/// What has become known of a recipient.
package struct ClientVerdict: Hashable, Sendable {
    /// Index in the transaction's recipients.
    package var recipient: Int
    package var status: DeliveryStatus
    /// Another server may say otherwise: final only when there is none left to ask.
    package var mayRetryElsewhere: Bool
}

/// What to do next, after everything in ``verdicts`` has been taken note of.
package struct ClientStep: Hashable, Sendable {
    package enum Action: Hashable, Sendable {
        /// Nothing: more replies are due.
        case wait
        /// Write these octets.
        case send([UInt8])
        /// The handshake is over: transactions may begin.
        case ready
        /// Write the content, then its end, then call ``SMTPClientSession/contentEnded()``.
        case sendContent
        /// The transaction is over. Another may begin when the session is reusable; else say goodbye.
        case finished(isReusable: Bool)
        /// A kept connection turned out to be over before any content went out on it: no delivery failure, take a fresh one.
        case stale
        /// The server cannot be used: close, and back off from it when there is no other.
        case failed(DeliveryStatus, mayRetryElsewhere: Bool)
        /// Our own trouble: close without ending the content.
        case aborted
    }

    package var verdicts: [ClientVerdict] = []
    package var action: Action

    init(_ action: Action, _ verdicts: [ClientVerdict] = []) {
        self.verdicts = verdicts
        self.action = action
    }
}

/// What the client waits for: each has its own time limit and its own words in Postfix's texts.
package enum ClientWait: Hashable, Sendable {
    case greeting, ehlo, helo, reset, mail, recipient, data, content, end

    /// `lost connection with H[A] while …`
    package var activity: String {
        switch self {
        case .greeting: "receiving the initial server greeting"
        case .ehlo: "performing the EHLO handshake"
        case .helo: "performing the HELO handshake"
        case .reset: "sending RSET probe"
        case .mail: "sending MAIL FROM"
        case .recipient: "sending RCPT TO"
        case .data: "sending DATA command"
        case .content: "sending message body"
        case .end: "sending end of data -- message may be sent more than once"
        }
    }
}

/// How a conversation ended that should have gone on.
package enum StreamFailure: Hashable, Sendable {
    /// End of file, reset, or any other error of the socket.
    case closed
    case timedOut
    /// The server's words are no SMTP.
    case malformed(String)
    /// The content cannot be read, or is not what was stored.
    case localData
}
