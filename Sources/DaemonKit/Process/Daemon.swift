package import Configuration

/// What a role needs of the machine after start-up; the skeleton gives up the rest.
package enum PrivilegeProfile: Sendable {
    /// smtpd, smtp: sockets to strangers.
    case networkFacing
    /// cleanup, qmgr, bounce, showq, pickup: files of the spool as mail_owner.
    case spool
    /// local, virtual, pipe: stays root to start deliverers, parses no content.
    case deliveryParent
    /// error, discard: nothing.
    case nothing
}

/// A daemon's start-up failed: the sentence is logged as fatal and the process ends with `exitStatus` (sysexits.h).
package struct StartupError: Error, Sendable {
    package var message: String
    package var exitStatus: Int32
    package init(_ message: String, exitStatus: Int32 = 1) {
        self.message = message
        self.exitStatus = exitStatus
    }
}

/// What a daemon gets while still privileged and single-threaded: configuration and identity, no event loop yet.
package struct Startup: Sendable {
    package let configuration: Configuration
    /// `$service_name`: the name in master.cf (`smtp`, `127.0.0.1:2525`, `cleanup`).
    package let serviceName: String
    /// Never repeated for this spool: the upper part of the unique number in queue IDs.
    package let lease: UInt64
    package let queueDirectory: String
    package let dataDirectory: String
}

/// What a daemon does once it runs. The skeleton owns signals, listening sockets, idle exit and the lifeline to master.
@EventLoopActor
package protocol DaemonService: AnyObject {
    /// Called once, first, on the loop. The service starts its own connections and timers here.
    func start(_ context: DaemonContext) async throws
    /// A listening descriptor from master. The service starts accepting on it.
    func listen(on descriptor: Int32) async throws
    /// Finish: accept nothing more, end what is in hand, then return. The process exits after this, or at the stop limit.
    func stop() async
    /// Whether nothing is in hand, so that the process may exit when it has been idle for max_idle. Services with state: false.
    var isIdle: Bool { get }
}

/// The running process, as its service sees it.
@EventLoopActor
package final class DaemonContext {
    package let startup: Startup
    /// Set when a stop or reload has been asked for.
    package internal(set) var isStopping = false

    init(startup: Startup) { self.startup = startup }

    /// Called by the service when it ends itself for a fault that a restart may mend; logged as fatal, exit status 1.
    package func fail(_ message: String) -> Never { fatalError("completed by the skeleton") }
}

package enum Daemon {
    /// The whole life of a daemon program; `main.swift` calls nothing else.
    ///
    /// `make` runs while still privileged and single-threaded: it reads settings and opens tables and keys. It makes no task
    /// and touches no event loop; the service object it returns is started after privileges are gone.
    package static func run(
        _ program: String, parameters: [any AnyParameter], privileges: PrivilegeProfile,
        make: (Startup) throws(StartupError) -> @Sendable @EventLoopActor () -> any DaemonService
    ) -> Never {
        fatalError("completed by the skeleton's owner")
    }
}
