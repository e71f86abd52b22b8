internal import ArgumentParser
internal import CommandKit
internal import Glibc
internal import Wire

/// How long a graceful stop may take before this command says that it is not done, seconds.
private let stopLimit = 60

struct Start: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Start the mail system and wait until it serves.")
    @OptionGroup var options: InstanceOptions

    func run() throws {
        try options.perform { instance throws(ExitError) in
            let master = MasterProcess(instance)
            if let process = try master.runningProcess() {
                throw ExitError(status: 1, message: "the mail system is already running: process \(process)")
            }
            let status = try master.run(["-w"])
            guard status == 0 else { throw ExitError(status: status, message: "the mail system did not start") }
        }
    }
}

struct StartForeground: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "start-fg", abstract: "Run the mail system in the foreground (service managers, containers).")
    @OptionGroup var options: InstanceOptions

    func run() throws {
        try options.perform { instance throws(ExitError) in try MasterProcess(instance).become(["-s"]) }
    }
}

struct Stop: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Stop: sessions end, deliveries in hand are finished, nothing is lost.")
    @OptionGroup var options: InstanceOptions

    func run() throws {
        try options.perform { instance throws(ExitError) in
            let master = MasterProcess(instance)
            guard let process = try master.runningProcess() else {
                throw ExitError(status: 1, message: "the mail system is not running")
            }
            try master.signal(SIGTERM, to: process)
            guard try master.waitForEnd(seconds: stopLimit) else {
                throw ExitError(status: EX_TEMPFAIL, message: "process \(process) is still stopping after \(stopLimit) seconds")
            }
        }
    }
}

struct Abort: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Stop at once; deliveries in hand may be repeated after the next start.")
    @OptionGroup var options: InstanceOptions

    func run() throws {
        try options.perform { instance throws(ExitError) in
            let master = MasterProcess(instance)
            guard let process = try master.runningProcess() else {
                throw ExitError(status: 1, message: "the mail system is not running")
            }
            try master.signal(SIGKILL, to: process)
            guard try master.waitForEnd(seconds: stopLimit) else {
                throw ExitError(status: EX_TEMPFAIL, message: "process \(process) does not end")
            }
        }
    }
}

struct Reload: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve with the configuration as it is now; a bad one changes nothing.",
        discussion: "Returns when the new configuration is in force, or says what is wrong with it.")
    @OptionGroup var options: InstanceOptions

    func run() throws {
        try options.perform { instance throws(ExitError) in
            try MasterProcess(instance).demandRunning()
            // Says everything that is wrong at once; master's answer is the one that counts.
            try ConfigurationCheck(instance).demandNoErrors()
            try MasterRequest(instance).perform(.reload)
        }
    }
}

struct Upgrade: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the programs that are installed now, without refusing or dropping anybody.",
        discussion: """
            The new master is asked first whether it can take over: it reads the configuration and the state of the running one. \
            When it cannot, nothing changes and the reason is printed. Else it takes the place of the running one in the same \
            process, and all programs are replaced as by a reload.
            """)
    @OptionGroup var options: InstanceOptions

    func run() throws {
        try options.perform { instance throws(ExitError) in
            try MasterProcess(instance).demandRunning()
            try MasterRequest(instance).perform(.upgrade)
        }
    }
}

struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say whether the mail system runs, and its processes: exit status 0, else 1.")
    @OptionGroup var options: InstanceOptions
    @Flag(help: "One object, for programs.")
    var json = false

    func run() throws {
        try options.perform { instance throws(ExitError) in
            let process = try MasterProcess(instance).demandRunning()
            let status: MasterStatus
            do throws(ExitError) {
                status = try MasterRequest(instance).status()
            } catch {
                // Everybody may know whether it runs; what it does is told to root and mail_owner.
                guard error.status == EX_NOPERM, !json else { throw error }
                return try Output.write("the mail system is running: PID \(process)\n")
            }
            let report = StatusReport(status: status)
            try Output.write(json ? report.json : report.text)
        }
    }
}

struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Read the configuration as the programs would, and say everything that is wrong.")
    @OptionGroup var options: InstanceOptions

    func run() throws {
        try options.perform(directory: { directory throws(ExitError) in try ConfigurationCheck.everything(in: directory) })
    }
}
