internal import CPlatform
package import Configuration
internal import Glibc
internal import MailLog
internal import NIOCore
internal import Platform

package enum Daemon {
    /// The whole life of a daemon program; `main.swift` calls nothing else.
    ///
    /// `rights` is the program's row of the table. `make` runs while still privileged and single-threaded: it reads settings and opens tables and keys. It makes no task
    /// and touches no event loop; the service object it returns is started after privileges are gone.
    ///
    /// *Failure:* the reason is logged as fatal and the process ends; master tries again with growing pauses.
    package static func run(
        _ program: String, parameters: [any AnyParameter], rights: RoleRights,
        make: (Startup) throws(StartupError) -> @Sendable @EventLoopActor () -> any DaemonService
    ) -> Never {
        if CommandLine.arguments.dropFirst().first == ParameterDump.option {
            // For martlet check and martlet conf, which know no daemon's parameters.
            print(ParameterDump.text(BaseParameters.all + parameters), terminator: "")
            exit(0)
        }
        if CommandLine.arguments.dropFirst().first == RoleTrial.option { tryRole(program, parameters, rights) }
        martlet_die_of_crashes()
        var lifeline: Int32 = -1
        do throws(StartupError) {
            let inheritance = try inherited()
            lifeline = inheritance.lifeline
            let startup = try prepare(program, parameters, inheritance, Array(CommandLine.arguments.dropFirst()))
            // Sessions have a descriptor each. Commands of users get the limit that programs expect.
            if rights.confinement == .whole { martlet_raise_descriptor_limit() }
            let service = try make(startup)
            try rights.giveUpTheRest(startup)
            serve(startup, inheritance, try startup.value(of: BaseParameters.maximumIdle), service)
        } catch {
            endProcess(error, lifeline: lifeline)
        }
    }

    /// Takes what master handed down, and keeps it from programs that this one executes.
    private static func inherited() throws(StartupError) -> WorkerInheritance {
        guard let text = unsafe getenv(WorkerInheritance.variable),
            let inheritance = unsafe WorkerInheritance(String(cString: text))
        else { throw StartupError("this program is started by master, not by hand", exitStatus: EX_USAGE) }
        unsafe unsetenv(WorkerInheritance.variable)
        for descriptor in inheritance.listeners + [inheritance.lifeline] + (inheritance.breadcrumb.map { [$0] } ?? []) {
            guard fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 else {
                throw StartupError(
                    "descriptor \(descriptor) of \(WorkerInheritance.variable): \(SystemError("fcntl", "", errno))")
            }
        }
        return inheritance
    }

    private static func prepare(
        _ program: String, _ parameters: [any AnyParameter], _ inheritance: WorkerInheritance, _ words: [String]
    ) throws(StartupError) -> Startup {
        let invocation = try Invocation(words)
        let configuration = try invocation.configuration(program: program, parameters: parameters)
        var startup = Startup(
            configuration: configuration, serviceName: invocation.serviceName, lease: inheritance.lease,
            queueDirectory: try value(of: BaseParameters.queueDirectory, configuration),
            dataDirectory: try value(of: BaseParameters.dataDirectory, configuration), arguments: invocation.arguments,
            sessionLimit: inheritance.sessionLimit, accounts: try accounts(configuration),
            breadcrumb: try breadcrumb(inheritance))
        startup.heldMessages = inheritance.heldMessages
        startup.isolatedClients = inheritance.isolatedClients
        startup.rebuildsIndex = inheritance.rebuildsIndex
        let log = LogSettings(
            name: try startup.value(of: BaseParameters.syslogName), program: program,
            facility: try startup.value(of: BaseParameters.syslogFacility),
            file: try startup.value(of: BaseParameters.maillogFile))
        do throws(LogError) {
            try Log.open(log)
        } catch {
            throw StartupError(error.description)
        }
        for parameter in parameters {
            do throws(ConfigurationError) {
                try parameter.check(configuration)
            } catch {
                throw StartupError(error.description)
            }
        }
        guard unsafe chdir(startup.queueDirectory) == 0 else {
            throw StartupError(SystemError("chdir", startup.queueDirectory, errno).description)
        }
        // Every file is made with the mode that it needs; none is for the world.
        umask(0o027)
        martlet_tune_allocator()
        return startup
    }

    private static func accounts(_ configuration: Configuration) throws(StartupError) -> SuiteAccounts? {
        guard geteuid() == 0 else { return nil }
        do throws(ConfigurationError) {
            return try SuiteAccounts.load(configuration)
        } catch {
            throw StartupError(error.description)
        }
    }

    private static func breadcrumb(_ inheritance: WorkerInheritance) throws(StartupError) -> Breadcrumb {
        guard let descriptor = inheritance.breadcrumb else { return Breadcrumb() }
        defer { close(descriptor) }
        do throws(SystemError) {
            return try Breadcrumb(mapping: descriptor)
        } catch {
            throw StartupError(error.description)
        }
    }

    /// What a test asks of each program: to become what it is when it runs, and to try what it must not.
    private static func tryRole(_ program: String, _ parameters: [any AnyParameter], _ rights: RoleRights) -> Never {
        do throws(StartupError) {
            let inheritance = WorkerInheritance(lifeline: -1, listeners: [], lease: 1)
            let startup = try prepare(program, parameters, inheritance, Array(CommandLine.arguments.dropFirst(2)))
            try rights.giveUpTheRest(startup)
            RoleTrial.run(startup.arguments)
        } catch {
            endProcess(error)
        }
    }

    private static func value(
        of parameter: Parameter<String>, _ configuration: Configuration
    ) throws(StartupError) -> String {
        do throws(ConfigurationError) {
            return try configuration.value(of: parameter)
        } catch {
            throw StartupError(error.description)
        }
    }

    /// The event loop runs on its own thread; this one waits for SIGTERM.
    private static func serve(
        _ startup: Startup, _ inheritance: WorkerInheritance, _ maxIdle: Duration,
        _ make: @escaping @Sendable @EventLoopActor () -> any DaemonService
    ) -> Never {
        guard martlet_hold_termination() == 0 else { endProcess(StartupError("SIGTERM cannot be held back")) }
        let loop = EventLoopActor.loop
        EventLoopActor.takeGlobalJobs()
        Task { @EventLoopActor in
            PeerRule.accounts = startup.accounts
            let life = DaemonLife(make(), DaemonContext(startup: startup), inheritance, maxIdle: maxIdle)
            DaemonLife.current = life
            await life.begin()
        }
        while true {
            martlet_wait_for_termination()
            loop.execute { EventLoopActor.assumeOnLoop { DaemonLife.current?.stop(within: DaemonLife.drainLimit) } }
        }
    }
}
