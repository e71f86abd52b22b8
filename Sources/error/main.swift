import DaemonKit
import NullDelivery

Daemon.run("error", parameters: [], privileges: .nothing) { startup throws(StartupError) in
    try NullDeliveryService.failing(startup)
}
