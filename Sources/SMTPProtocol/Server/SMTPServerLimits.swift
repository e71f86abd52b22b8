/// What a session may do, and what it announces.
package struct SMTPServerLimits: Sendable {
    /// myhostname
    package var hostname: String
    /// message_size_limit in octets of the wire form; 0 means none.
    package var messageSize: UInt64 = 10_240_000
    /// smtpd_recipient_limit
    package var recipients = 1000
    /// smtpd_recipient_overshoot_limit: so many recipients over the limit are no error yet.
    package var recipientOvershoot = 1000
    /// smtpd_soft_error_limit: from here on each reply is delayed.
    package var softErrors = 10
    /// smtpd_hard_error_limit: here the session ends with 421.
    package var hardErrors = 20
    /// smtpd_junk_command_limit: commands without mail beyond this count as errors.
    package var junkCommands = 100
    /// smtpd_helo_required
    package var requiresGreeting = false
    /// disable_vrfy_command
    package var disablesVerify = false
    /// smtputf8_enable
    package var acceptsSMTPUTF8 = true
    /// strict_smtputf8
    package var demandsSMTPUTF8Declaration = false
    /// smtpd_discard_ehlo_keywords, in upper case
    package var discardedKeywords: Set<String> = []
    /// smtpd_forbidden_commands, in upper case
    package var forbiddenCommands: Set<String> = ["CONNECT", "GET", "POST"]

    package init(hostname: String) { self.hostname = hostname }

    /// The lines of the reply to EHLO, the name first.
    var greeting: [String] {
        var keywords = ["PIPELINING", messageSize > 0 ? "SIZE \(messageSize)" : "SIZE"]
        if !disablesVerify { keywords.append("VRFY") }
        keywords += ["ENHANCEDSTATUSCODES", "8BITMIME", "DSN"]
        if acceptsSMTPUTF8 { keywords.append("SMTPUTF8") }
        return [hostname] + keywords.filter { !isDiscarded($0) }
    }

    func isDiscarded(_ keyword: String) -> Bool {
        !discardedKeywords.isEmpty && discardedKeywords.contains(String(keyword.prefix { $0 != " " }))
    }

    /// A command that only something else than a mail client sends: a forbidden word, or a line that begins with no letter.
    func isForbidden(_ word: String) -> Bool {
        guard let first = word.utf8.first, (first | 0x20) >= UInt8(ascii: "a"), (first | 0x20) <= UInt8(ascii: "z") else {
            return true
        }
        return forbiddenCommands.contains(word.uppercased())
    }
}
