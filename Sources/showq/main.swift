import DaemonKit
import ShowQueue

Daemon.run("showq", parameters: ShowQueueParameters.all, privileges: .spool) { startup throws(StartupError) in
    try ShowQueueService.make(startup)
}
