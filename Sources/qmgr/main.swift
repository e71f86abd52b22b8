import DaemonKit
import QueueManager

Daemon.run("qmgr", parameters: QueueManagerParameters.all, privileges: .spool) { startup throws(StartupError) in
    try QueueManagerService.make(startup)
}
