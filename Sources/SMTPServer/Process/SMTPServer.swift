internal import Configuration
package import DaemonKit
internal import Mail
internal import MailLog
internal import MessageFormat
internal import NIOCore
internal import NIOPosix
internal import Platform
internal import Resolver
internal import SMTPProtocol

/// smtpd: many clients on one event loop.
///
/// *Failure:* a client's trouble ends its session only. Without cleanup every message is answered 451. At the session cap nothing is
/// accepted, and the kernel keeps clients waiting for this or another process.
@EventLoopActor
package final class SMTPServer: DaemonService {
    let settings: SMTPServerSettings
    let policy: Policy
    let cleanup: CleanupPool
    let budget: ContentBudget
    let names: ClientNames
    let time = SystemTime()
    /// `220 banner`
    let greeting: ByteBuffer
    /// For encoding replies.
    var scratch: [UInt8] = []

    private var queueIDs: QueueIDGenerator
    private var dates = MailDateCache(zone: { seconds in
        let zone = LocalZone(at: seconds)
        return ZoneOffset(seconds: zone.offset, name: zone.name)
    })
    private var sessions: [ObjectIdentifier: ClientSession] = [:]
    private var listeners: [any Channel] = []
    private var gates: [AcceptGate] = []
    private var context: DaemonContext?
    private(set) var breadcrumb = Breadcrumb()
    /// Clients that have crashed smtpd twice: each is served when nobody else is, and meanwhile nobody else is.
    private var isolated: Set<IPAddress> = []
    private weak var soleSession: ClientSession?
    /// What the settings say now: `stress` is a live flag.
    private(set) var mood: SMTPServerSettings.Mood
    private var isSweeping = false
    private var stopped: CheckedContinuation<Void, Never>?
    private(set) var isStopping = false
    /// No other process serves those who are sent away.
    var isHurried: Bool { context?.isHurried ?? true }

    /// Reads what main.cf says. To be called while privileged.
    ///
    /// - Throws: when main.cf says what cannot be done: names the parameter and what to do.
    package nonisolated static func make(
        _ startup: Startup
    ) throws(StartupError) -> @Sendable @EventLoopActor () -> any DaemonService {
        do throws(ConfigurationError) {
            let settings = try SMTPServerSettings(
                startup.configuration, share: startup.sessionLimit, warn: { Log.warning($0) })
            let lease = startup.lease
            return { SMTPServer(settings, lease: lease) }
        } catch {
            throw StartupError(error.description)
        }
    }

    init(_ settings: SMTPServerSettings, lease: UInt64) {
        self.settings = settings
        mood = settings.relaxed
        let time = SystemTime()
        let directory = RecipientDirectory(settings.recipients) { time.monotonic }
        policy = Policy(directory: directory, settings: settings.policy)
        cleanup = CleanupPool(path: settings.cleanupSocket, idleLimit: settings.ipcIdle, time: time)
        budget = ContentBudget(limit: settings.memoryLimit)
        names = ClientNames(hosts: settings.hosts, resolver: UnboundResolver(settings.resolver), time: time)
        greeting = ByteBuffer(bytes: SMTPReply(220, nil, settings.banner).wireForm)
        queueIDs = QueueIDGenerator(lease: lease, time: time)
    }

    // MARK: - DaemonService

    package func start(_ context: DaemonContext) async throws {
        self.context = context
        breadcrumb = context.startup.breadcrumb
        isolated = Set(context.startup.isolatedClients.compactMap { IPAddress($0) })
        context.onIsolatedClient = { [weak self] text in if let address = IPAddress(text) { self?.isolated.insert(address) } }
        context.onStress = { [weak self] isOn in
            guard let self else { return }
            mood = isOn ? settings.stressed : settings.relaxed
        }
    }

    package func listen(on descriptor: Int32) async throws {
        let gate = AcceptGate { [weak self] in self?.mayAccept ?? false }
        let channel = try await ServerBootstrap(group: EventLoopActor.group)
            .serverChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.recvAllocator, value: ReadBuffers())
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let session = EventLoopActor.assumeOnLoop { self.open(channel) }
                    try channel.pipeline.syncOperations.addHandler(SessionHandler(session: session))
                }
            }
            .serve(inherited: descriptor)
        try channel.pipeline.syncOperations.addHandler(gate)
        gates.append(gate)
        listeners.append(channel)
    }

    package func stop() async {
        isStopping = true
        for listener in listeners { listener.close(promise: nil) }
        listeners = []
        gates = []
        for session in sessions.values { session.endGracefully() }
        if !sessions.isEmpty { await withCheckedContinuation { stopped = $0 } }
        cleanup.closeAll()
    }

    package var isIdle: Bool { sessions.isEmpty }

    // MARK: - Sessions

    private var mayAccept: Bool { sessions.count < settings.sessionLimit && soleSession == nil }

    /// Whether a session that begins may go on: a client that has crashed this program twice may not share it.
    func admits(_ session: ClientSession) -> Bool {
        guard !isolated.isEmpty, let address = session.peer.address, isolated.contains(address) else { return true }
        guard sessions.count == 1 else { return false }
        soleSession = session
        noteSessions()
        return true
    }

    private func noteSessions() {
        breadcrumb.sessions = sessions.count
        context?.isFull = !mayAccept
    }

    private func open(_ channel: any Channel) -> ClientSession {
        let remote = channel.remoteAddress
        let peer = ClientPeer(
            address: remote?.ipAddress.flatMap { IPAddress($0) }, port: UInt16(clamping: remote?.port ?? 0),
            showsPort: settings.logsPorts)
        let session = ClientSession(channel: channel, peer: peer, server: self)
        sessions[ObjectIdentifier(session)] = session
        noteSessions()
        sweepLater()
        return session
    }

    func sessionEnded(_ session: ClientSession) {
        sessions[ObjectIdentifier(session)] = nil
        if soleSession === session { soleSession = nil }
        noteSessions()
        for gate in gates { gate.retry() }
        guard isStopping, sessions.isEmpty, let waiting = stopped else { return }
        stopped = nil
        waiting.resume()
    }

    func nextQueueID() -> QueueID { queueIDs.next() }

    /// - Parameter instant: microseconds since 1970.
    func date(_ instant: Int64) -> String { dates.text(seconds: instant / 1_000_000) }

    // MARK: - Time

    /// One look a second at all deadlines, instead of a timer for each connection; none while there is nothing to watch.
    private func sweepLater() {
        guard !isSweeping else { return }
        isSweeping = true
        EventLoopActor.loop.scheduleTask(in: .seconds(1)) { EventLoopActor.assumeOnLoop { self.sweep() } }
    }

    private func sweep() {
        isSweeping = false
        let now = time.monotonic
        for session in sessions.values where session.deadline < now { session.timedOut() }
        if isStopping { for session in sessions.values { session.endGracefully() } }
        cleanup.sweep()
        if !sessions.isEmpty || !cleanup.isEmpty { sweepLater() }
    }
}
