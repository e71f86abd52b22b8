internal import DaemonKit
internal import Glibc
internal import Mail
internal import NIOCore
internal import NIOPosix
internal import Platform
internal import Wire

/// One deliverer for each user, started when needed, kept while there is work and for ten seconds after.
@EventLoopActor
final class DelivererPool {
    static let idleLimit: TimeAmount = .seconds(10)
    /// So many may be idle; above it the ones that have been idle longest end at once.
    static let maximumIdle = 50

    @EventLoopActor
    private final class Slot {
        var start: Task<DelivererProcess, any Error>?
        var process: DelivererProcess?
        var timer: Scheduled<Void>?
        /// Requests that wait for the start or are in hand.
        var users = 0
    }

    private let settings: LocalSettings
    private let pool: NIOThreadPool
    private let environment: [String]
    private var slots: [DelivererIdentity: Slot] = [:]
    /// Idle longest first.
    private var idle: [DelivererIdentity] = []

    init(settings: LocalSettings, configurationDirectory: String, pool: NIOThreadPool) {
        self.settings = settings
        self.pool = pool
        environment = Self.environment(configurationDirectory)
    }

    /// - Throws: ``DelivererFailure`` and what starting it throws; the recipient is deferred.
    func perform(
        _ work: MailboxWork, _ content: MailboxForm? = nil, as identity: DelivererIdentity
    ) async throws -> MailboxDeliveryResult {
        guard settings.identity.isRoot || identity.user == settings.identity.user else {
            throw DelivererFailure(
                text: "this mail system runs as uid \(settings.identity.user), not as root: it cannot deliver as uid "
                    + "\(identity.user)")
        }
        let slot = slots[identity] ?? Slot()
        slots[identity] = slot
        slot.users += 1
        slot.timer?.cancel()
        slot.timer = nil
        idle.removeAll { $0 == identity }
        defer {
            slot.users -= 1
            if slot.users == 0 { becameIdle(identity, slot) }
        }
        return try await process(identity, slot).perform(work, content)
    }

    /// Closes all; what is in hand is answered still.
    func close() {
        for slot in slots.values {
            slot.timer?.cancel()
            slot.process?.close()
        }
        slots = [:]
        idle = []
    }

    private func process(_ identity: DelivererIdentity, _ slot: Slot) async throws -> DelivererProcess {
        if let process = slot.process, process.isOpen { return process }
        if let start = slot.start { return try await start.value }
        let words = DelivererSettings(
            user: identity.user, group: identity.group, hostname: settings.hostname, locking: settings.locking,
            commandTimeLimit: settings.commandTimeLimit)
        let path = settings.daemonDirectory + "/deliverer"
        let start = Task {
            try await DelivererProcess.start(path, words, environment: environment, pool: pool)
        }
        slot.start = start
        defer { slot.start = nil }
        let process = try await start.value
        process.onEnd = { [weak self, weak slot] in
            guard let self, let slot else { return }
            slot.process = nil
            if slot.users == 0 { self.forget(identity, slot) }
        }
        slot.process = process
        return process
    }

    private func becameIdle(_ identity: DelivererIdentity, _ slot: Slot) {
        guard slot.process != nil else { return forget(identity, slot) }
        idle.append(identity)
        slot.timer = EventLoopActor.loop.scheduleTask(in: Self.idleLimit) { [weak self, weak slot] in
            EventLoopActor.assumeOnLoop {
                guard let self, let slot, slot.users == 0 else { return }
                slot.process?.close()
                self.forget(identity, slot)
            }
        }
        if idle.count > Self.maximumIdle, let oldest = slots[idle[0]] {
            oldest.timer?.cancel()
            oldest.process?.close()
            forget(idle[0], oldest)
        }
    }

    private func forget(_ identity: DelivererIdentity, _ slot: Slot) {
        if slots[identity] === slot { slots[identity] = nil }
        idle.removeAll { $0 == identity }
    }

    /// What commands find: nothing of the mail system's own environment but these.
    private static func environment(_ configurationDirectory: String) -> [String] {
        var entries = ["PATH=/usr/bin:/bin", "MAIL_CONFIG=" + configurationDirectory]
        for name in ["TZ", "LANG"] {
            if let value = unsafe getenv(name) { unsafe entries.append(name + "=" + String(cString: value)) }
        }
        return entries
    }
}
