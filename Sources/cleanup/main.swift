import Cleanup
import DaemonKit

Daemon.run("cleanup", parameters: CleanupParameters.all, privileges: .spool) { startup throws(StartupError) in
    try CleanupService.prepare(startup)
}
