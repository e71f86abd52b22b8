import DaemonKit
import QueueManager

Daemon.run("qmgr", parameters: QueueManagerParameters.all, rights: .qmgr) { startup throws(StartupError) in
    try QueueManagerService.make(startup)
}
