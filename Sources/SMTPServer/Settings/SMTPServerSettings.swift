internal import Configuration
internal import LookupTables
internal import Mail
internal import Platform
internal import Resolver
internal import Routing
internal import SMTPProtocol

/// Everything that main.cf says to this process, read once while privileged.
struct SMTPServerSettings: Sendable {
    /// A client waits ten minutes for the answer to its dot, RFC 5321 section 4.5.3.2.6: before that it hears 451.
    private static let longestAnswer: Duration = .seconds(570)

    /// What depends on `stress` in main.cf; sessions that begin take the limits, all sessions the time.
    struct Mood: Sendable {
        let limits: SMTPServerLimits
        /// Nanoseconds.
        let timeout: UInt64
    }

    let relaxed: Mood
    let stressed: Mood
    let banner: String
    let mailName: String
    let lineLength: Int
    /// Nanoseconds.
    let submissionTimeout: UInt64
    let ipcIdle: UInt64
    let errorSleep: Duration
    let looksUpNames: Bool
    let logsPorts: Bool
    let sessionLimit: Int
    let collectLimit: Int
    let memoryLimit: Int
    var cleanupSocket: String
    let resolver: ResolverConfiguration
    let hosts: HostsFile
    let policy: PolicySettings
    let recipients: RecipientCheck

    init(_ configuration: Configuration, share: Int?, warn: @escaping LookupTables.Warn) throws(ConfigurationError) {
        typealias Own = SMTPServerParameters
        relaxed = try Self.mood(configuration)
        var stress = configuration
        stress.override("stress", .init("yes"))
        stressed = try Self.mood(stress)
        banner = try configuration.value(of: Own.banner)
        mailName = try configuration.value(of: BaseParameters.mailName)
        lineLength = try configuration.value(of: Own.lineLength)
        submissionTimeout = min(try configuration.value(of: BaseParameters.ipcTimeout), Self.longestAnswer).nanoseconds
        ipcIdle = try configuration.value(of: Own.ipcIdle).nanoseconds
        errorSleep = try configuration.value(of: Own.errorSleep)
        looksUpNames = try configuration.value(of: Own.peerNameLookup).isYes
        logsPorts = try configuration.value(of: Own.clientPortLogging).isYes
        sessionLimit = max(1, min(try configuration.value(of: Own.sessions), share ?? .max))
        collectLimit = try configuration.value(of: Own.collectLimit)
        memoryLimit = try configuration.value(of: Own.memoryLimit)
        cleanupSocket = "public/" + (try configuration.value(of: Own.cleanupService))
        let servers = try configuration.value(of: BaseParameters.resolverConfiguration)
        guard let resolver = ResolverConfiguration(servers) else {
            throw ConfigurationError("\(BaseParameters.resolverConfiguration.name): \"\(servers)\" is no server for DNS")
        }
        self.resolver = resolver
        hosts = HostsFile.load()
        policy = try PolicySettings(configuration, warn: warn)
        recipients = try RecipientCheck(
            configuration, resolver: try AddressResolver(configuration, warn: warn), warn: warn)
    }

    /// What does not depend on `stress`, such as names and sizes.
    var limits: SMTPServerLimits { relaxed.limits }

    private static func mood(_ configuration: Configuration) throws(ConfigurationError) -> Mood {
        Mood(
            limits: try limits(configuration),
            timeout: try configuration.value(of: SMTPServerParameters.timeout).nanoseconds)
    }

    private static func limits(_ configuration: Configuration) throws(ConfigurationError) -> SMTPServerLimits {
        typealias Own = SMTPServerParameters
        var limits = SMTPServerLimits(hostname: try configuration.value(of: BaseParameters.myhostname))
        limits.messageSize = UInt64(clamping: try configuration.value(of: BaseParameters.messageSizeLimit))
        limits.recipients = try configuration.value(of: Own.recipientLimit)
        limits.recipientOvershoot = try configuration.value(of: Own.recipientOvershoot)
        limits.softErrors = try configuration.value(of: Own.softErrors)
        limits.hardErrors = try configuration.value(of: Own.hardErrors)
        limits.junkCommands = try configuration.value(of: Own.junkCommands)
        limits.requiresGreeting = try configuration.value(of: Own.heloRequired).isYes
        limits.disablesVerify = try configuration.value(of: Own.disableVerify).isYes
        limits.acceptsSMTPUTF8 = try configuration.value(of: BaseParameters.smtpUTF8Enable).isYes
        limits.demandsSMTPUTF8Declaration = try configuration.value(of: Own.strictSMTPUTF8).isYes
        limits.discardedKeywords = Set(try configuration.value(of: Own.discardKeywords).words.map { $0.uppercased() })
        limits.forbiddenCommands = try forbiddenCommands(configuration)
        return limits
    }

    /// Words, and the default's expression, which every session obeys: a line that begins with no letter is no command.
    private static func forbiddenCommands(_ configuration: Configuration) throws(ConfigurationError) -> Set<String> {
        var commands: Set<String> = []
        for word in try configuration.value(of: SMTPServerParameters.forbiddenCommands).words {
            if word.hasPrefix("regexp:"), word.contains("^[^A-Z]") { continue }
            // The expression's own words, where its braces have been taken apart.
            guard !word.contains(":") else {
                throw ConfigurationError("smtpd_forbidden_commands: Martlet has only words there, not tables: \(word)")
            }
            commands.insert(word.uppercased())
        }
        return commands
    }
}

extension Duration {
    /// Whole nanoseconds; as many as 64 bits hold.
    var nanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = UInt64(clamping: seconds).multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? .max / 2 : min(.max / 2, product &+ UInt64(clamping: attoseconds / 1_000_000_000))
    }
}
