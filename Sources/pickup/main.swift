import DaemonKit
import Pickup

Daemon.run("pickup", parameters: PickupParameters.all, rights: .pickup) { startup throws(StartupError) in
    try PickupService.make(startup)
}
