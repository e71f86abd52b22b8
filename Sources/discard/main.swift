import DaemonKit
import NullDelivery

Daemon.run("discard", parameters: [], privileges: .nothing) { startup throws(StartupError) in
    try NullDeliveryService.discarding(startup)
}
