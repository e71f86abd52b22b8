internal import Configuration
package import DaemonKit
internal import Glibc
internal import LookupTables
internal import Mail
internal import Platform
internal import Routing

/// The values of ``LocalParameters`` and what was opened while root: tables, accounts.
package struct LocalSettings: Sendable {
    var hostname: String
    var mailName: String
    var service: String
    var homeMailbox: String
    var mailSpoolDirectory: String
    var mailboxSizeLimit: UInt64
    var mailboxCommand: String
    var requiresHomeDirectory: Bool
    var locking: MailboxLocking
    /// With `$name`s of ``RecipientNames``.
    var forwardPath: [String]
    var luserRelay: String
    var commandOrigins: ExpansionOrigins
    var fileOrigins: ExpansionOrigins
    var expandsOwnerAlias: Bool
    var ownerIsSpecial: Bool
    var resetsOwner: Bool
    var deliveredHeader: DeliveredHeader
    var propagatesExtension: ExpansionOrigins
    var commandTimeLimit: Duration
    var ipcTimeout: Duration
    var daemonDirectory: String
    /// enable_original_recipient
    var addsOriginalRecipient: Bool
    /// The group of mail_spool_directory, when only it may make files there: mailboxes are written with it.
    var spoolGroup: UInt32?
    var aliases: AliasTables
    var extensions: AddressExtension
    var rewriter: AddressRewriter
    var resolver: AddressResolver
    /// Whose rights a command or file of root's aliases gets: default_privs; without root, the process's own account.
    var defaultAccount: UserAccount
    var identity: ProcessIdentity

    package init(_ startup: Startup, warn: (String) -> Void) throws(StartupError) {
        try Self.refuseMissing(startup)
        service = startup.serviceName
        hostname = try startup.value(of: BaseParameters.myhostname)
        mailName = try startup.value(of: BaseParameters.mailName)
        homeMailbox = try startup.value(of: LocalParameters.homeMailbox)
        mailSpoolDirectory = try startup.value(of: LocalParameters.mailSpoolDirectory)
        mailboxSizeLimit = UInt64(try startup.value(of: LocalParameters.mailboxSizeLimit))
        mailboxCommand = try startup.value(of: LocalParameters.mailboxCommand)
        requiresHomeDirectory = try startup.value(of: LocalParameters.requireHomeDirectory).isYes
        locking = try Self.locking(startup)
        // Their names are a recipient's: expanded later.
        let text = { (parameter: String) in startup.configuration.unexpandedText(parameter) ?? "" }
        forwardPath = text("forward_path").split { " \t\r\n,".contains($0) }.map(String.init)
        luserRelay = text("luser_relay")
        commandOrigins = try ExpansionOrigins(startup, LocalParameters.allowMailToCommands)
        fileOrigins = try ExpansionOrigins(startup, LocalParameters.allowMailToFiles)
        propagatesExtension = try ExpansionOrigins(startup, RoutingParameters.propagateUnmatchedExtensions, others: true)
        expandsOwnerAlias = try startup.value(of: LocalParameters.expandOwnerAlias).isYes
        ownerIsSpecial = try startup.value(of: AddressExtension.ownerRequestSpecial).isYes
        resetsOwner = try startup.value(of: LocalParameters.resetOwnerAlias).isYes
        deliveredHeader = try DeliveredHeader(try startup.value(of: LocalParameters.prependDeliveredHeader).words)
        commandTimeLimit = try startup.value(of: LocalParameters.commandTimeLimit)
        ipcTimeout = try startup.value(of: BaseParameters.ipcTimeout)
        daemonDirectory = try startup.value(of: BaseParameters.daemonDirectory)
        addsOriginalRecipient = try startup.value(of: LocalParameters.enableOriginalRecipient).isYes
        spoolGroup = Self.group(ofSpool: mailSpoolDirectory)
        identity = ProcessIdentity.current
        defaultAccount = try Self.defaultAccount(startup, identity)
        do throws(ConfigurationError) {
            aliases = try AliasTables.open(startup.configuration, identity, warn: warn)
            extensions = try AddressExtension(startup.configuration)
            rewriter = try AddressRewriter(startup.configuration)
            resolver = try AddressResolver(startup.configuration, warn: warn)
        } catch {
            throw StartupError(error.description)
        }
    }

    /// A parameter that would send mail elsewhere must not be ignored.
    private static func refuseMissing(_ startup: Startup) throws(StartupError) {
        for parameter in LocalParameters.refused where try !startup.value(of: parameter).isEmpty {
            throw StartupError(
                "\(parameter.name) is set, but this version cannot do what it asks for: mail would go elsewhere. Remove it, or "
                    + "route the addresses by transport_maps")
        }
    }

    /// local(8), "MAILBOX DELIVERY": a directory that its group alone may write to lends its group.
    private static func group(ofSpool directory: String) -> UInt32? {
        var status = stat()
        guard !directory.isEmpty, unsafe stat(directory, &status) == 0 else { return nil }
        return status.st_mode & 0o022 == 0o020 ? status.st_gid : nil
    }

    private static func locking(_ startup: Startup) throws(StartupError) -> MailboxLocking {
        let words = try startup.value(of: LocalParameters.mailboxDeliveryLock).words
        guard var locking = MailboxLocking(words) else {
            throw StartupError("mailbox_delivery_lock: \(words.joined(separator: ", ")): fcntl, flock and dotlock are known")
        }
        locking.attempts = try startup.value(of: LocalParameters.deliverLockAttempts)
        locking.delay = try startup.value(of: LocalParameters.deliverLockDelay)
        locking.staleTime = try startup.value(of: LocalParameters.staleLockTime)
        locking.demandsOwnership = try startup.value(of: LocalParameters.strictMailboxOwnership).isYes
        return locking
    }

    private static func defaultAccount(_ startup: Startup, _ identity: ProcessIdentity) throws(StartupError) -> UserAccount {
        let name = try startup.value(of: BaseParameters.defaultPrivileges)
        let account: UserAccount?
        do throws(SystemError) {
            guard identity.isRoot else {
                return try UserAccount.numbered(identity.user) ?? UserAccount(unnamed: identity.user, group: identity.group)
            }
            account = try UserAccount.named(name)
        } catch {
            throw StartupError("default_privs: \(error)")
        }
        guard let account, account.user != 0 else {
            throw StartupError("default_privs: \"\(name)\" is no user, or is root")
        }
        // A command would have the whole queue in reach.
        guard startup.accounts?.all.contains(where: { $0.user == account.user }) != true else {
            throw StartupError("default_privs: \"\(name)\" is a user of the mail system's own programs")
        }
        return account
    }
}

/// As whom this process runs: without root it delivers as itself only.
struct ProcessIdentity: Equatable, Sendable {
    var user: UInt32
    var group: UInt32
    var isRoot: Bool { user == 0 }
    static var current: ProcessIdentity { ProcessIdentity(user: geteuid(), group: getegid()) }
}

/// Where an expansion's members come from: which of them may name commands and files, or get an unmatched extension.
struct ExpansionOrigins: OptionSet, Hashable, Sendable {
    let rawValue: UInt8
    static let alias = ExpansionOrigins(rawValue: 1)
    static let forward = ExpansionOrigins(rawValue: 2)
    static let include = ExpansionOrigins(rawValue: 4)
    init(rawValue: UInt8) { self.rawValue = rawValue }

    /// - Parameter others: words for other programs are no mistake (propagate_unmatched_extensions).
    init(_ startup: Startup, _ parameter: Parameter<WordList>, others: Bool = false) throws(StartupError) {
        self = []
        for word in try startup.value(of: parameter).words {
            switch word {
            case "alias": insert(.alias)
            case "forward": insert(.forward)
            case "include": insert(.include)
            default:
                guard others else { throw StartupError("\(parameter.name): \(word): alias, forward and include are known") }
            }
        }
    }
}

/// prepend_delivered_header
struct DeliveredHeader: OptionSet, Hashable, Sendable {
    let rawValue: UInt8
    static let command = DeliveredHeader(rawValue: 1)
    static let file = DeliveredHeader(rawValue: 2)
    static let forward = DeliveredHeader(rawValue: 4)
    init(rawValue: UInt8) { self.rawValue = rawValue }

    init(_ words: [String]) throws(StartupError) {
        self = []
        for word in words {
            switch word {
            case "command": insert(.command)
            case "file": insert(.file)
            case "forward": insert(.forward)
            default: throw StartupError("prepend_delivered_header: \(word): command, file and forward are known")
            }
        }
    }
}
