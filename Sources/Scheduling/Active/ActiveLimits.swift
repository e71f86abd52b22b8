/// How much may be active at once: `qmgr_message_active_limit` and `qmgr_message_recipient_limit`, shared out by sender.
///
/// A sender may hold at most ``shareOfFree`` times the places that are still free. So one sender alone gets four fifths of
/// them, and a dump of 50,000 messages never shuts a single message of another sender out.
package struct ActiveLimits {
    package static let shareOfFree = 4

    package let messageLimit: Int
    package let recipientLimit: Int
    package private(set) var messages = 0
    package private(set) var recipients = 0
    private var messagesBySender: [String: Int] = [:]

    package init(messageLimit: Int, recipientLimit: Int) {
        self.messageLimit = max(1, messageLimit)
        self.recipientLimit = max(1, recipientLimit)
    }

    /// Whether nobody can be admitted, so that asking for deferred mail is useless.
    package var isFull: Bool { messages >= messageLimit || recipients >= recipientLimit }

    package func admits(sender: String) -> Bool {
        guard !isFull else { return false }
        // The division would only matter to rounding: held <= share * free.
        let held = messagesBySender[sender] ?? 0
        return held < Self.shareOfFree * (messageLimit - messages)
    }

    /// Recipients of one message that may be loaded now: at least `minimum`, so that each message makes progress.
    package func recipientAllowance(minimum: Int) -> Int { max(minimum, recipientLimit - recipients) }

    package mutating func enter(sender: String, recipients count: Int) {
        messages += 1
        recipients += count
        messagesBySender[sender, default: 0] += 1
    }

    package mutating func load(recipients count: Int) { recipients += count }

    package mutating func unload(recipients count: Int) {
        precondition(count <= recipients, "more recipients leave than were active")
        recipients -= count
    }

    package mutating func leave(sender: String) {
        guard let held = messagesBySender[sender] else { preconditionFailure("a message leaves that was not active") }
        messages -= 1
        messagesBySender[sender] = held > 1 ? held - 1 : nil
    }
}
