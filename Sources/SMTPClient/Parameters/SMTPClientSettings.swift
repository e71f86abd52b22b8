internal import Configuration
package import DaemonKit
internal import Mail
internal import NIOCore
internal import Platform
internal import Resolver
internal import SMTPProtocol

/// What main.cf says to the SMTP client, read once at start-up.
package struct SMTPClientSettings: Sendable {
    var dialogue = ClientOptions(heloName: "localhost", myHostname: "localhost")
    var skipsQuitResponse = true
    var times = TimeLimits()
    var hosts = HostOptions()
    var sessionLimit = 2
    var fallbackRelays: [String] = []
    var relayhost = ""
    /// smtp_bind_address, smtp_bind_address6
    var bindAddresses: [IPAddress] = []
    var reuse = ReuseOptions()
    var resolver = ResolverConfiguration()
    var usesDNS = true
    var usesNative = false

    struct TimeLimits: Sendable {
        var connect = TimeAmount.seconds(30)
        var helo = TimeAmount.seconds(300)
        var mail = TimeAmount.seconds(300)
        var rcpt = TimeAmount.seconds(300)
        var dataInit = TimeAmount.seconds(120)
        var dataXfer = TimeAmount.seconds(180)
        var dataDone = TimeAmount.seconds(600)
        var reset = TimeAmount.seconds(20)
        var quit = TimeAmount.seconds(300)

        func limit(_ wait: ClientWait) -> TimeAmount {
            switch wait {
            case .greeting, .ehlo, .helo: helo
            case .reset: reset
            case .mail: mail
            case .recipient: rcpt
            case .data: dataInit
            case .content: dataXfer
            case .end: dataDone
            }
        }
    }

    struct ReuseOptions: Sendable {
        var keepsAll = true
        /// Next hops whose connections are kept in any case.
        var destinations: Set<String> = []
        /// How long an idle connection is kept.
        var keepLimit = TimeAmount.seconds(2)
        var ageLimit = TimeAmount.seconds(300)
        /// 0: none.
        var countLimit = 0
    }

    init() {}

    package init(_ startup: Startup) throws(StartupError) {
        try readDialogue(startup)
        try readTimes(startup)
        try readHosts(startup)
        try readReuse(startup)
        let text = try startup.value(of: BaseParameters.resolverConfiguration)
        guard let resolver = ResolverConfiguration(text) else {
            throw StartupError("martlet_resolver_config: \"\(text)\" is neither root, a path, nor a list of addresses")
        }
        self.resolver = resolver
    }

    private mutating func readDialogue(_ startup: Startup) throws(StartupError) {
        dialogue.heloName = try startup.value(of: SMTPClientParameters.heloName)
        dialogue.myHostname = try startup.value(of: BaseParameters.myhostname)
        dialogue.alwaysSendsEHLO = try startup.value(of: SMTPClientParameters.alwaysSendsEHLO).isYes
        dialogue.neverSendsEHLO = try startup.value(of: SMTPClientParameters.neverSendsEHLO).isYes
        dialogue.skips5xxGreeting = try startup.value(of: SMTPClientParameters.skips5xxGreeting).isYes
        dialogue.discardedKeywords = Set(
            try startup.value(of: SMTPClientParameters.discardedKeywords).words.map { $0.uppercased() })
        dialogue.sendsEightBitAnyway = try startup.value(of: SMTPClientParameters.sendsEightBitAnyway).isYes
        skipsQuitResponse = try startup.value(of: SMTPClientParameters.skipsQuitResponse).isYes
    }

    private mutating func readTimes(_ startup: Startup) throws(StartupError) {
        times.connect = TimeAmount(try startup.value(of: SMTPClientParameters.connectTimeout))
        times.helo = TimeAmount(try startup.value(of: SMTPClientParameters.heloTimeout))
        times.mail = TimeAmount(try startup.value(of: SMTPClientParameters.mailTimeout))
        times.rcpt = TimeAmount(try startup.value(of: SMTPClientParameters.rcptTimeout))
        times.dataInit = TimeAmount(try startup.value(of: SMTPClientParameters.dataInitTimeout))
        times.dataXfer = TimeAmount(try startup.value(of: SMTPClientParameters.dataXferTimeout))
        times.dataDone = TimeAmount(try startup.value(of: SMTPClientParameters.dataDoneTimeout))
        times.reset = TimeAmount(try startup.value(of: SMTPClientParameters.resetTimeout))
        times.quit = TimeAmount(try startup.value(of: SMTPClientParameters.quitTimeout))
    }

    private mutating func readHosts(_ startup: Startup) throws(StartupError) {
        let port = try startup.value(of: SMTPClientParameters.port)
        guard let number = Destination.port(port) else { throw StartupError("smtp_tcp_port: \"\(port)\" is no port") }
        hosts.defaultPort = number
        fallbackRelays = try startup.value(of: SMTPClientParameters.fallbackRelay).words
        relayhost = try startup.value(of: BaseParameters.relayhost)
        try readLookups(startup)
        hosts.addressLimit = try startup.value(of: SMTPClientParameters.addressLimit)
        sessionLimit = try startup.value(of: SMTPClientParameters.sessionLimit)
        hosts.randomizes = try startup.value(of: SMTPClientParameters.randomizesAddresses).isYes
        hosts.preference = try startup.value(of: SMTPClientParameters.addressPreference)
        hosts.ignoresMXLookupError = try startup.value(of: SMTPClientParameters.ignoresMXLookupError).isYes
        hosts.defersWithoutAddress = try startup.value(of: SMTPClientParameters.defersWithoutAddress).isYes
        for parameter in [SMTPClientParameters.bindAddress, SMTPClientParameters.bindAddress6] {
            let text = try startup.value(of: parameter)
            guard !text.isEmpty else { continue }
            guard let address = IPAddress(text) else { throw StartupError("\(parameter.name): \"\(text)\" is no address") }
            bindAddresses.append(address)
        }
        try readOwnAddresses(startup)
    }

    private mutating func readLookups(_ startup: Startup) throws(StartupError) {
        let disablesDNS = try startup.value(of: SMTPClientParameters.disablesDNS).isYes
        let level = try startup.value(of: SMTPClientParameters.dnsSupport)
        guard ["", "disabled", "enabled", "dnssec"].contains(level) else {
            throw StartupError("smtp_dns_support_level: \"\(level)\" is none of disabled, enabled, dnssec")
        }
        let words = try startup.value(of: SMTPClientParameters.hostLookup).words
        guard !words.isEmpty, words.allSatisfy({ $0 == "dns" || $0 == "native" }) else {
            throw StartupError("smtp_host_lookup: \"\(words.joined(separator: " "))\" is none of dns, native")
        }
        hosts.usesMX = level.isEmpty ? !disablesDNS : level != "disabled"
        usesDNS = hosts.usesMX && words.contains("dns")
        usesNative = !hosts.usesMX || words.contains("native")
        let protocols = try startup.value(of: BaseParameters.inetProtocols)
        hosts.families = (protocols.contains(.ipv4) ? [.v4] : []) + (protocols.contains(.ipv6) ? [.v6] : [])
    }

    private mutating func readOwnAddresses(_ startup: Startup) throws(StartupError) {
        do throws(ConfigurationError) {
            let interfaces = try startup.configuration.ownInterfaceAddresses().compactMap { IPAddress(bytes: $0.bytes) }
            let proxies = try startup.configuration.value(of: BaseParameters.proxyInterfaces).words.compactMap { IPAddress($0) }
            hosts.ownAddresses = Set(interfaces + proxies)
        } catch {
            throw StartupError(error.description)
        }
    }

    private mutating func readReuse(_ startup: Startup) throws(StartupError) {
        reuse.keepsAll = try startup.value(of: SMTPClientParameters.keepsOnDemand).isYes
        reuse.destinations = Set(try startup.value(of: SMTPClientParameters.keepDestinations).words)
        reuse.keepLimit = TimeAmount(try startup.value(of: SMTPClientParameters.keepLimit))
        reuse.ageLimit = TimeAmount(try startup.value(of: SMTPClientParameters.reuseTimeLimit))
        reuse.countLimit = try startup.value(of: SMTPClientParameters.reuseCountLimit)
    }
}
