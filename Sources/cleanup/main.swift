import Cleanup
import DaemonKit

Daemon.run("cleanup", parameters: CleanupParameters.all, rights: .cleanup) { startup throws(StartupError) in
    try CleanupService.prepare(startup)
}
