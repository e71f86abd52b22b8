internal import Mail
internal import Wire

/// Why a message is not taken: what the peer hears. The texts are those of Postfix's cleanup_strerror(3).
struct Refusal: Error, Equatable {
    var reply: UInt16
    var status: EnhancedStatus
    var text: String

    init(_ reply: UInt16, _ status: EnhancedStatus, _ text: String) {
        self.reply = reply
        self.status = status
        self.text = text
    }

    static let tooManyHops = Refusal(554, EnhancedStatus(.permanent, 4, 0), "Error: too many hops")
    static let tooLarge = Refusal(552, EnhancedStatus(.permanent, 3, 4), "Error: message file too big")
    static let noRecipients = Refusal(550, EnhancedStatus(.permanent, 1, 0), "Error: no recipients specified")
    static let writeError = Refusal(451, EnhancedStatus(.temporary, 3, 0), "Error: queue file write error")
    static let noSpace = Refusal(452, EnhancedStatus(.temporary, 3, 1), "Insufficient system storage")
    static let busy = Refusal(451, EnhancedStatus(.temporary, 3, 2), "Error: too much mail in hand")
    /// A virtual alias table that does not answer, or an expansion over its limits.
    static let aliasExpansion = Refusal(451, EnhancedStatus(.temporary, 6, 0), "Alias expansion error")
    /// A header section over ``ContentLimits/headerSection``.
    static let longHeader = Refusal(552, EnhancedStatus(.permanent, 3, 4), "Error: header section too big")

    var result: SubmissionResult { SubmissionResult(.refused(reply: reply, status: status, text: text)) }
}
