import DaemonKit
import SMTPClient

Daemon.run("smtp", parameters: SMTPClientParameters.all, rights: .smtp) { startup throws(StartupError) in
    let settings = try SMTPClientSettings(startup)
    let service = startup.serviceName
    return { SMTPClientService(service: service, settings: settings) }
}
