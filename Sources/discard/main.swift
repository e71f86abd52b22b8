import DaemonKit
import NullDelivery

Daemon.run("discard", parameters: [], rights: .nothing) { startup throws(StartupError) in
    try NullDeliveryService.discarding(startup)
}
