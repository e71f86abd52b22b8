internal import Wire

/// Where a deliverer puts a message, and as whom.
struct LocalTarget {
    var target: MailboxDelivery.Target
    var identity: DelivererIdentity
    /// In front of the deliverer's reason when it fails.
    var failurePrefix: String
    var isCommand = false
    /// A `From ` line belongs in front: mbox files and commands.
    var hasMailboxLine: Bool
    /// mailbox_size_limit applies.
    var hasSizeLimit = false
    /// Tells it from other targets of the same recipient.
    var description: String

    /// A user's mailbox: a maildir when the path ends with a slash.
    init(mailbox path: String, of user: String, _ identity: DelivererIdentity) {
        let isMaildir = path.hasSuffix("/")
        target = isMaildir ? .maildir(path: path) : .mbox(path: path)
        failurePrefix = isMaildir ? "" : "cannot update mailbox \(path) for user \(user). "
        hasMailboxLine = !isMaildir
        hasSizeLimit = !isMaildir
        description = path
        self.identity = identity
    }

    /// `/file` of an alias or .forward file.
    init(file path: String, _ identity: DelivererIdentity) {
        let isMaildir = path.hasSuffix("/")
        target = isMaildir ? .maildir(path: path) : .file(path: path)
        failurePrefix = isMaildir ? "" : "cannot append message to file \(path): "
        hasMailboxLine = !isMaildir
        hasSizeLimit = !isMaildir
        description = path
        self.identity = identity
    }

    init(command: String, environment: [String], _ identity: DelivererIdentity) {
        target = .command(command, environment: environment)
        failurePrefix = ""
        isCommand = true
        hasMailboxLine = true
        description = "|" + command
        self.identity = identity
    }
}
