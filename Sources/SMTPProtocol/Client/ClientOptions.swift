/// What the administrator says about the dialogue of the SMTP client.
package struct ClientOptions: Hashable, Sendable {
    /// smtp_helo_name
    package var heloName: String
    /// myhostname: a server that calls itself so is ourselves, when ``detectsLoops``.
    package var myHostname: String
    /// smtp_always_send_ehlo; else EHLO is sent to servers that greet with `ESMTP` only.
    package var alwaysSendsEHLO = true
    /// smtp_never_send_ehlo
    package var neverSendsEHLO = false
    /// smtp_skip_5xx_greeting: a 5xx greeting means "try another host", not "return the mail".
    package var skips5xxGreeting = true
    /// Set on port 25, as in Postfix: elsewhere another system of the same name may listen (a content filter).
    package var detectsLoops = false
    /// The server has the best preference, so a loop is for ever.
    package var isBestExchanger = true
    /// smtp_discard_ehlo_keywords, in upper case.
    package var discardedKeywords: Set<String> = []
    /// disable_mime_output_conversion: 8-bit content goes out as it is.
    package var sendsEightBitAnyway = false

    package init(heloName: String, myHostname: String) {
        self.heloName = heloName
        self.myHostname = myHostname
    }
}

/// The server as the log names it.
package struct PeerName: Hashable, Sendable, CustomStringConvertible {
    package var host: String
    package var address: String

    package init(host: String, address: String) {
        self.host = host
        self.address = address
    }

    /// `host[address]`
    package var description: String { "\(host)[\(address)]" }
}
