import DaemonKit
import ShowQueue

Daemon.run("showq", parameters: ShowQueueParameters.all, rights: .showq) { startup throws(StartupError) in
    try ShowQueueService.make(startup)
}
