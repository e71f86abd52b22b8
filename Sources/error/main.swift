import DaemonKit
import NullDelivery

Daemon.run("error", parameters: [], privileges: .nothing) { startup throws(StartupError) in
    NullDeliveryService.failing(startup)
}
