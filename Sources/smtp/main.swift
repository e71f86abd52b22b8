import DaemonKit
import SMTPClient

Daemon.run("smtp", parameters: SMTPClientParameters.all, rights: .smtp) { startup throws(StartupError) in
    let settings = try SMTPClientSettings(startup)
    let presence = try AgentPresence.open(startup)
    return { SMTPClientService(startup, presence: presence, settings: settings) }
}
