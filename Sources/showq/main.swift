import DaemonKit
import ShowQueue

Daemon.run("showq", parameters: [], privileges: .spool) { startup throws(StartupError) in
    ShowQueueService.make(startup)
}
