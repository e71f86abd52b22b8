internal import Configuration
internal import DaemonKit
internal import MailLog
internal import Routing

extension RecipientPreparation {
    /// Opens the tables that main.cf names, while privileged.
    init(_ startup: Startup, _ settings: CleanupSettings) throws(StartupError) {
        let configuration = startup.configuration
        do throws(ConfigurationError) {
            rewriter = try AddressRewriter(configuration)
            aliases = nil
            if try !configuration.value(of: RoutingParameters.virtualAliasMaps).words.isEmpty {
                let resolver = try AddressResolver(configuration) { Log.warning($0) }
                aliases = try VirtualAliases(configuration, resolver: resolver) { Log.warning($0) }
            }
        } catch {
            throw StartupError(error.description)
        }
        alwaysBcc = settings.alwaysBcc
        duplicateLimit = settings.duplicateLimit
        usesOriginal = settings.usesOriginal
    }
}
