import DaemonKit
import LocalDelivery
import MailLog

Daemon.run("local", parameters: LocalParameters.all, rights: .local) { startup throws(StartupError) in
    let settings = try LocalSettings(startup) { Log.warning($0) }
    let presence = try AgentPresence.open(startup)
    return { LocalService(settings: settings, startup: startup, presence: presence) }
}
