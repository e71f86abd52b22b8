import DaemonKit
import SMTPServer

Daemon.run("smtpd", parameters: SMTPServerParameters.all, privileges: .networkFacing) { (startup) throws(StartupError) in
    try SMTPServer.make(startup)
}
