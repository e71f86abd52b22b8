internal import CPlatform
package import Configuration
internal import Glibc
internal import MailLog
internal import NIOCore
internal import Platform

package enum Daemon {
    /// The whole life of a daemon program; `main.swift` calls nothing else.
    ///
    /// `make` runs while still privileged and single-threaded: it reads settings and opens tables and keys. It makes no task
    /// and touches no event loop; the service object it returns is started after privileges are gone.
    ///
    /// *Failure:* the reason is logged as fatal and the process ends; master tries again with growing pauses.
    package static func run(
        _ program: String, parameters: [any AnyParameter], privileges: PrivilegeProfile,
        make: (Startup) throws(StartupError) -> @Sendable @EventLoopActor () -> any DaemonService
    ) -> Never {
        if CommandLine.arguments.dropFirst().first == ParameterDump.option {
            // For martlet check and martlet conf, which know no daemon's parameters.
            print(ParameterDump.text(BaseParameters.all + parameters), terminator: "")
            exit(0)
        }
        var lifeline: Int32 = -1
        do throws(StartupError) {
            let inheritance = try inherited()
            lifeline = inheritance.lifeline
            let startup = try prepare(program, parameters, inheritance)
            // Sessions have a descriptor each. Commands of users get the limit that programs expect.
            if privileges != .deliveryParent { martlet_raise_descriptor_limit() }
            let service = try make(startup)
            try privileges.giveUpTheRest(owner: try startup.value(of: BaseParameters.mailOwner))
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
        for descriptor in inheritance.listeners + [inheritance.lifeline] {
            guard fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 else {
                throw StartupError(
                    "descriptor \(descriptor) of \(WorkerInheritance.variable): \(SystemError("fcntl", "", errno))")
            }
        }
        return inheritance
    }

    private static func prepare(
        _ program: String, _ parameters: [any AnyParameter], _ inheritance: WorkerInheritance
    ) throws(StartupError) -> Startup {
        let invocation = try Invocation(Array(CommandLine.arguments.dropFirst()))
        let configuration = try invocation.configuration(program: program, parameters: parameters)
        let startup = Startup(
            configuration: configuration, serviceName: invocation.serviceName, lease: inheritance.lease,
            queueDirectory: try value(of: BaseParameters.queueDirectory, configuration),
            dataDirectory: try value(of: BaseParameters.dataDirectory, configuration), arguments: invocation.arguments,
            sessionLimit: inheritance.sessionLimit)
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
        umask(0o077)
        martlet_tune_allocator()
        return startup
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
