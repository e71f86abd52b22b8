import DaemonKit
import ShowQueue

Daemon.run("showq", parameters: [], rights: .showq) { startup throws(StartupError) in
    ShowQueueService.make(startup)
}
