import DaemonKit
import NullDelivery

Daemon.run("error", parameters: [], rights: .nothing) { startup throws(StartupError) in
    try NullDeliveryService.failing(startup)
}
