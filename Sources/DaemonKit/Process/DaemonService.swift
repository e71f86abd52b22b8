internal import CPlatform
internal import Glibc
internal import MailLog
internal import NIOCore
internal import Platform

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
    /// The whole suite stops: no successor serves those who stay.
    package internal(set) var isHurried = false
    /// Set by a service that has ``Startup/sessionLimit`` sessions and has stopped accepting: master starts another worker if
    /// the service's process limit allows, or says in the log that it does not.
    package var isFull = false {
        didSet { if isFull != oldValue { tell(isFull ? .full : .available) } }
    }
    /// A message that has crashed a program twice (queue ID): qmgr puts it on hold, and says so with ``tellHeld(_:)``.
    package var onHold: (String) -> Void = { _ in }
    /// A client (address) that has: smtpd serves it alone from now on.
    package var onIsolatedClient: (String) -> Void = { _ in }
    /// All workers of the service are full (`stress` in main.cf), or no longer so.
    package var onStress: (Bool) -> Void = { _ in }
    var lifeline: (any Channel)?

    package init(startup: Startup) { self.startup = startup }

    /// Called by the service when it ends itself for a fault that a restart may mend; logged as fatal, exit status 1.
    package func fail(_ message: String) -> Never { endProcess(StartupError(message)) }

    package func tellHeld(_ message: String) { say("held \(message)") }

    func say(_ word: String) {
        guard let lifeline, let bytes = LifelineReader.encode(word) else { return }
        lifeline.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
    }

    func heard(_ line: String) {
        switch MasterWord(line) {
        case .hold(let message): onHold(message)
        case .alone(let client): onIsolatedClient(client)
        case .stress(let isOn): onStress(isOn)
        case .hurry: isHurried = true
        case nil: Log.warning("master says \"\(line)\", which is of another version: ignored")
        }
    }

    func tell(_ state: WorkerState) {
        guard let lifeline else { return }
        lifeline.writeAndFlush(ByteBuffer(bytes: [state.rawValue]), promise: nil)
    }
}

/// Logs the reason, tells it to master (for whoever waits for the start) when there is a lifeline, and ends the process.
func endProcess(_ error: StartupError, lifeline: Int32 = -1) -> Never {
    Log.fatal(error.message)
    if lifeline >= 0 {
        let words = [WorkerState.failed.rawValue] + error.message.utf8
        _ = unsafe words.withUnsafeBytes { unsafe write(lifeline, $0.baseAddress, $0.count) }
    }
    martlet_exit(error.exitStatus)
}
