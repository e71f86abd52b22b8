import DaemonKit
import Pickup

Daemon.run("pickup", parameters: PickupParameters.all, privileges: .spool) { startup throws(StartupError) in
    try PickupService.make(startup)
}
