import Bounce
import DaemonKit

Daemon.run("bounce", parameters: BounceParameters.all, rights: .bounce) { startup throws(StartupError) in
    let settings = try BounceSettings(startup)
    let lease = startup.lease
    let presence = try AgentPresence.open(startup)
    return { BounceService(settings: settings, lease: lease, presence: presence) }
}
