internal import Mail
internal import Platform

/// Whose rights a command or /file of an expansion gets.
enum DeliveryRights: Hashable, Sendable {
    /// default_privs: the alias is root's.
    case standard
    case account(user: UInt32, group: UInt32, home: String, shell: String)

    init(_ account: UserAccount) {
        self = .account(user: account.user, group: account.group, home: account.home, shell: account.shell)
    }
}

/// What is known at one place of an expansion; its members inherit it.
struct ExpansionContext: Sendable {
    var level = 0
    var recipient: EmailAddress
    /// The envelope sender from here on: a list's owner, below its alias.
    var sender: ReversePath
    /// The sender is a list's owner: nothing of the original's DSN request may go on (RFC 3461 section 5.2.7.1).
    var isList = false
    /// The alias or user whose expansion this is: a member of the same name is the user.
    var expandedFrom: String?
    /// Who forwards: local users below are sent a message of their own.
    var owner: String?
    /// Where the members stand: alias, .forward file, :include: file; none for the recipient itself.
    var origin: ExpansionOrigins = []
    var rights = DeliveryRights.standard
    /// The recipient's extension with its delimiter, to be added to the members.
    var unmatched: String?
}

/// Where an expansion ends: one delivery, or none.
enum ExpansionResult: Sendable {
    /// With the `.forward` candidates that nobody has looked for yet: whoever delivers does.
    case mailbox(UserAccount, RecipientNames, ExpansionContext, unlessForward: [String] = [])
    case file(String, ExpansionContext)
    case command(String, RecipientNames, ExpansionContext)
    case forward(EmailAddress, ExpansionContext)
    /// A failure, or a mail that is thrown away on purpose.
    case status(DeliveryStatus, ExpansionContext)

    var context: ExpansionContext {
        switch self {
        case .mailbox(_, _, let context, _), .file(_, let context), .command(_, _, let context), .forward(_, let context),
            .status(_, let context):
            context
        }
    }
}
