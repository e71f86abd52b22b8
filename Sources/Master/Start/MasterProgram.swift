internal import CPlatform
internal import Configuration
internal import Glibc
internal import MailLog
internal import Platform

/// master: opens the sockets of master.cf's services, starts their programs on demand and replaces those that end.
///
/// It parses no mail, has one thread and no event loop of a library: a poll over signals, lifelines and listening sockets.
/// *Failure:* at the start, exit status 1 with a sentence for the starter and the log; later, what can be kept running is.
package enum MasterProgram {
    /// The whole life of the program; `main.swift` calls nothing else.
    package static func run() -> Never {
        var starter = Starter.foreground
        var isLogging = false
        do throws(MasterFailure) {
            let options = try MasterOptions(Array(CommandLine.arguments.dropFirst()))
            let directory = options.absoluteDirectory(
                environment: environmentValue("MAIL_CONFIG"), current: try currentDirectory())
            if options.mode == .detached { starter = try Starter.detached() }
            umask(0o077)
            let settings = try InstanceSettings.load(directory: directory)
            if options.mode == .testLock { exit(try PIDFile.isLocked(settings.pidFile) ? 1 : 0) }
            if options.mode == .detached, settings.log.file == "/dev/stdout" {
                throw MasterFailure("maillog_file = /dev/stdout works in the foreground only (martlet start-fg)")
            }
            try settings.openLog()
            isLogging = true
            let supervisor = try begin(settings, starter)
            starter = .foreground
            exit(supervisor.run())
        } catch {
            if isLogging { Log.fatal(error.message) }
            starter.tellFailure(error.message)
            exit(error.exitStatus)
        }
    }

    private static func begin(_ settings: InstanceSettings, _ starter: Starter) throws(MasterFailure) -> Supervisor {
        try SpoolLayout(settings).prepare()
        guard unsafe chdir(settings.queueDirectory) == 0 else {
            throw MasterFailure(SystemError("chdir", settings.queueDirectory, errno).description)
        }
        let lock = try PIDFile.take(settings.pidFile)
        let services = try ServiceTable.load(settings)
        for gap in KernelGaps.found(settings.sandbox) { Log.warning(gap) }
        let manager = ServiceManager(environment: environmentValue)
        let supervisor = try Supervisor(
            settings: settings, lock: lock, leases: LeaseCounter(directory: settings.dataDirectory), manager: manager,
            starter: starter)
        try supervisor.adopt(services)
        return supervisor
    }

    private static func currentDirectory() throws(MasterFailure) -> String {
        guard let path = unsafe getcwd(nil, 0) else { throw MasterFailure(SystemError("getcwd", ".", errno).description) }
        defer { unsafe free(path) }
        return unsafe String(cString: path)
    }
}

func environmentValue(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    return unsafe String(cString: value)
}
