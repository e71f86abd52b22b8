internal import Mail

/// What the server says by itself, in Postfix's words.
extension SMTPReply {
    static let senderOK = SMTPReply(250, EnhancedStatus(.success, 1, 0), "Ok")
    static let recipientOK = SMTPReply(250, EnhancedStatus(.success, 1, 5), "Ok")
    static let ok = SMTPReply(250, EnhancedStatus(.success, 0, 0), "Ok")
    static let bye = SMTPReply(221, EnhancedStatus(.success, 0, 0), "Bye")
    static let startContent = SMTPReply(354, nil, "End data with <CR><LF>.<CR><LF>")
    static let needGreeting = outOfOrder("Error: send HELO/EHLO first")
    static let nestedMail = outOfOrder("Error: nested MAIL command")
    static let needMail = outOfOrder("Error: need MAIL command")
    static let needRecipient = outOfOrder("Error: need RCPT command")
    static let noValidRecipients = SMTPReply(554, EnhancedStatus(.permanent, 5, 1), "Error: no valid recipients")
    static let tooManyRecipients = SMTPReply(452, EnhancedStatus(.temporary, 5, 3), "Error: too many recipients")
    static let mustDeclareSMTPUTF8 = SMTPReply(
        553, EnhancedStatus(.permanent, 6, 7), "Must declare SMTPUTF8 to send unicode address")
    static let verifyDisabled = SMTPReply(502, EnhancedStatus(.permanent, 5, 1), "VRFY command is disabled")
    static let badSyntax = SMTPReply(500, EnhancedStatus(.permanent, 5, 2), "Error: bad syntax")
    static let lineTooLong = SMTPReply(500, EnhancedStatus(.permanent, 5, 2), "Error: line too long")
    static let unknownCommand = SMTPReply(500, EnhancedStatus(.permanent, 5, 2), "Error: command not recognized")
    static let notSMTP = SMTPReply(221, EnhancedStatus(.success, 7, 0), "Error: I can break rules, too. Goodbye.")
    static let commands = SMTPReply(
        214, EnhancedStatus(.success, 0, 0), "Commands: EHLO HELO MAIL RCPT DATA RSET NOOP VRFY HELP QUIT")

    package static let sizeExceeded = SMTPReply(552, EnhancedStatus(.permanent, 3, 4), "Message size exceeds fixed limit")

    private static func outOfOrder(_ text: String) -> SMTPReply { SMTPReply(503, EnhancedStatus(.permanent, 5, 1), text) }

    static func tooManyErrors(_ hostname: String) -> SMTPReply {
        SMTPReply(421, EnhancedStatus(.temporary, 7, 0), "\(hostname) Error: too many errors")
    }

    static func unsupported(_ option: String) -> SMTPReply {
        SMTPReply(555, EnhancedStatus(.permanent, 5, 4), "Unsupported option: \(option)")
    }
}
