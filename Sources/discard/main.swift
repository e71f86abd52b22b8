import DaemonKit
import NullDelivery

Daemon.run("discard", parameters: [], rights: .nothing) { startup throws(StartupError) in
    NullDeliveryService.discarding(startup)
}
