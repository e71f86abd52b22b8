import DaemonKit
import SMTPServer

Daemon.run("smtpd", parameters: SMTPServerParameters.all, rights: .smtpd) { (startup) throws(StartupError) in
    try SMTPServer.make(startup)
}
