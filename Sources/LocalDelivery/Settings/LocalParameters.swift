package import Configuration

/// What local(8) reads of main.cf.
package enum LocalParameters {
    // MARK: Mailboxes

    static let homeMailbox = Parameter<String>(
        "home_mailbox", default: "", summary: "A user's mailbox relative to the home directory; with / at its end a maildir.")
    static let mailSpoolDirectory = Parameter<String>(
        "mail_spool_directory", default: "/var/mail",
        summary: "The directory with a mailbox for each user, without home_mailbox; with / at its end they are maildirs.")
    static let mailboxSizeLimit = Parameter<Int>(
        "mailbox_size_limit", default: "51200000", limits: 0...Int.max,
        summary: "The largest mailbox file, in bytes; 0: no limit. Maildirs have none.")
    static let mailboxCommand = Parameter<String>(
        "mailbox_command", default: "", summary: "A command that gets each user's mail instead of the mailbox.")
    static let strictMailboxOwnership = Parameter<YesNo>(
        "strict_mailbox_ownership", default: "yes", summary: "Defer mail when a mailbox file is not the recipient's.")
    static let requireHomeDirectory = Parameter<YesNo>(
        "require_home_directory", default: "no", summary: "Defer mail while a user's home directory is missing.")

    static let enableOriginalRecipient = Parameter<YesNo>(
        "enable_original_recipient", default: "yes", summary: "Add X-Original-To, the recipient before aliases.")

    static let mailboxes: [any AnyParameter] = [
        enableOriginalRecipient,
        homeMailbox, mailSpoolDirectory, mailboxSizeLimit, mailboxCommand, strictMailboxOwnership, requireHomeDirectory,
    ]

    // MARK: Locks

    static let mailboxDeliveryLock = Parameter<WordList>(
        "mailbox_delivery_lock", default: "fcntl, dotlock", summary: "How a mailbox file is locked: fcntl, flock, dotlock.")
    static let deliverLockAttempts = Parameter<Int>(
        "deliver_lock_attempts", default: "20", limits: 1...10_000, summary: "How often a lock is tried for.")
    static let deliverLockDelay = Parameter<Duration>(
        "deliver_lock_delay", default: "1s", limits: .seconds(1)...(.seconds(3600)),
        summary: "The pause between two attempts at a lock.")
    static let staleLockTime = Parameter<Duration>(
        "stale_lock_time", default: "500s", limits: .seconds(1)...(.seconds(86_400)),
        summary: "The age at which somebody's forgotten lock file is removed.")

    static let locks: [any AnyParameter] = [mailboxDeliveryLock, deliverLockAttempts, deliverLockDelay, staleLockTime]

    // MARK: Aliases and forwarding

    static let forwardPath = Parameter<WordList>(
        "forward_path", default: "$home/.forward${recipient_delimiter}${extension}, $home/.forward",
        summary: "Where a user's forwarding addresses are; empty: users cannot forward.")
    static let luserRelay = Parameter<String>(
        "luser_relay", default: "",
        summary: "Who gets mail for users who do not exist; $user, $extension, $local and others expand.")
    static let allowMailToCommands = Parameter<WordList>(
        "allow_mail_to_commands", default: "alias, forward", summary: "Where \"|command\" is allowed: alias, forward, include.")
    static let allowMailToFiles = Parameter<WordList>(
        "allow_mail_to_files", default: "alias, forward", summary: "Where /file is allowed: alias, forward, include.")
    static let expandOwnerAlias = Parameter<YesNo>(
        "expand_owner_alias", default: "no",
        summary: "A list's envelope sender is what owner-list stands for, not owner-list itself.")
    static let prependDeliveredHeader = Parameter<WordList>(
        "prepend_delivered_header", default: "command, file, forward",
        summary: "Where Delivered-To is added: command, file, forward.")
    static let resetOwnerAlias = Parameter<YesNo>(
        "reset_owner_alias", default: "no", summary: "An alias without owner- ends the influence of the list that names it.")
    static let commandTimeLimit = Parameter<Duration>(
        "command_time_limit", default: "1000s", limits: .seconds(1)...(.days(1)), summary: "How long a command may take.")

    static let forwarding: [any AnyParameter] = [
        forwardPath, luserRelay, allowMailToCommands, allowMailToFiles, expandOwnerAlias, prependDeliveredHeader,
        resetOwnerAlias, commandTimeLimit,
    ]

    // MARK: What is refused

    static let mailboxTransport = Parameter<String>(
        "mailbox_transport", default: "", summary: "Not implemented: another transport for all users' mail stops the start.")
    static let mailboxTransportMaps = Parameter<String>(
        "mailbox_transport_maps", default: "",
        summary: "Not implemented: another transport for some users' mail stops the start.")
    static let mailboxCommandMaps = Parameter<String>(
        "mailbox_command_maps", default: "", summary: "Not implemented: a command for each user's mail stops the start.")
    static let fallbackTransport = Parameter<String>(
        "fallback_transport", default: "", summary: "Not implemented: a transport for unknown users stops the start.")
    static let fallbackTransportMaps = Parameter<String>(
        "fallback_transport_maps", default: "", summary: "Not implemented: a transport for some unknown users stops the start.")

    static let refused: [Parameter<String>] = [
        mailboxTransport, mailboxTransportMaps, mailboxCommandMaps, fallbackTransport, fallbackTransportMaps,
    ]

    package static let all: [any AnyParameter] = mailboxes + locks + forwarding + refused
}

extension Duration {
    static func days(_ count: Int64) -> Duration { .seconds(86_400 * count) }
}
