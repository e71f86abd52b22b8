internal import DaemonKit
internal import Platform
internal import Resolver
internal import Spool

/// What the deliveries of a worker share.
@EventLoopActor
final class SMTPClient {
    let settings: SMTPClientSettings
    let finder: HostFinder
    let contents: Spool.ContentReader
    let connector: Connector
    let pool: ConnectionPool

    init(_ settings: SMTPClientSettings, contents: Spool.ContentReader, names: (any NameService)? = nil) {
        self.settings = settings
        self.contents = contents
        finder = HostFinder(
            options: settings.hosts, dns: settings.usesDNS ? names ?? UnboundResolver(settings.resolver) : nil,
            native: settings.usesNative ? NativeResolver() : nil)
        connector = Connector(settings: settings)
        pool = ConnectionPool(settings)
    }

    func deliver(_ delivery: Delivery) { DeliveryAttempt(delivery, self).start() }
}
