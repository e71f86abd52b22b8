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
        martlet_die_of_crashes()
        var starter = Starter.foreground
        var isLogging = false
        do throws(MasterFailure) {
            let options = try MasterOptions(Array(CommandLine.arguments.dropFirst()))
            let directory = options.absoluteDirectory(
                environment: environmentValue("MAIL_CONFIG"), current: try currentDirectory())
            if options.mode == .judgeHandOver { exit(SuccessorCheck.judge(directory: directory)) }
            let inheritance = options.mode == .testLock ? .none(sockets: []) : Inheritance.find()
            if options.mode == .detached { starter = try Starter.detached() }
            umask(0o077)
            if case .master(let state) = inheritance { exit(try goOn(state, directory: directory)) }
            let settings = try InstanceSettings.load(directory: directory)
            if options.mode == .testLock { exit(try PIDFile.isLocked(settings.pidFile) ? 1 : 0) }
            if options.mode == .detached, settings.log.file == "/dev/stdout" {
                throw MasterFailure("maillog_file = /dev/stdout works in the foreground only (martlet start-fg)")
            }
            try settings.openLog()
            isLogging = true
            let supervisor = try begin(settings, starter, inheritance)
            starter = .foreground
            exit(supervisor.run())
        } catch {
            if isLogging { Log.fatal(error.message) }
            starter.tellFailure(error.message)
            exit(error.exitStatus)
        }
    }

    private static func begin(
        _ settings: InstanceSettings, _ starter: Starter, _ inheritance: Inheritance
    ) throws(MasterFailure) -> Supervisor {
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
        if case .none(let sockets) = inheritance { supervisor.listeners.inherit(sockets) }
        try Orphans.waiting(settings) { () throws(MasterFailure) in try supervisor.begin(services) }
        return supervisor
    }

    /// An upgrade: what the master before us in this process left is taken up.
    private static func goOn(_ state: HandOver, directory: String) throws(MasterFailure) -> Int32 {
        var settings = try patiently { () throws(MasterFailure) in try InstanceSettings.load(directory: directory) }
        try patiently { () throws(MasterFailure) in try settings.openLog() }
        settings.queueDirectory = state.queueDirectory
        settings.dataDirectory = state.dataDirectory
        settings.pidFile = state.pidFile
        let lock = try PIDFile.adopt(state.lock, path: settings.pidFile)
        let supervisor = try Supervisor(
            settings: settings, lock: lock, leases: LeaseCounter(directory: settings.dataDirectory),
            manager: ServiceManager(environment: environmentValue), starter: .foreground)
        supervisor.resume(state)
        return supervisor.run()
    }

    /// It passed the check a moment ago, and mail is served meanwhile: an hour of an administrator's mistake is better than none.
    private static func patiently<T>(_ body: () throws(MasterFailure) -> T) throws(MasterFailure) -> T {
        for _ in 0..<3600 {
            do throws(MasterFailure) { return try body() } catch {
                Log.error("upgraded, but cannot go on: \(error.message)")
                sleep(1)
            }
        }
        return try body()
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
