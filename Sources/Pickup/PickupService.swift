internal import Configuration
package import DaemonKit
internal import Mail
internal import MailLog
internal import NIOCore
internal import NIOPosix
internal import Platform

/// pickup(8): takes mail from programs of this host, over a socket that knows who calls.
///
/// *Failure:* the caller gets an exit status of sysexits.h and a sentence; nothing is answered 0 before cleanup has it on stable
/// storage.
package final class PickupService: DaemonService {
    let settings: PickupSettings
    private var queueIDs: QueueIDGenerator
    private var listeners: [any Channel] = []
    private var sessions: [UInt32: Int] = [:]
    private var stopped: CheckedContinuation<Void, Never>?
    private var isStopping = false

    private init(_ settings: PickupSettings, lease: UInt64) {
        self.settings = settings
        queueIDs = QueueIDGenerator(lease: lease)
    }

    package nonisolated static func make(_ startup: Startup) throws(StartupError)
        -> @Sendable @EventLoopActor () -> any DaemonService
    {
        let settings: PickupSettings
        do throws(ConfigurationError) {
            settings = try PickupSettings(startup.configuration)
        } catch {
            throw StartupError(error.description)
        }
        let lease = startup.lease
        return { PickupService(settings, lease: lease) }
    }

    package func start(_ context: DaemonContext) async throws {}

    package func listen(on descriptor: Int32) async throws {
        listeners.append(
            try await WireEndpoints.serve(listening: descriptor, from: .anybody) { [weak self] connection in
                self?.accepted(connection)
            })
    }

    package var isIdle: Bool { sessions.isEmpty }

    package func stop() async {
        isStopping = true
        for listener in listeners { listener.close(promise: nil) }
        if !isIdle { await withCheckedContinuation { stopped = $0 } }
    }

    func nextQueueID() -> QueueID { queueIDs.next() }

    private func accepted(_ connection: WireConnection) {
        // 65534 for one in another user namespace.
        guard let user = connection.peer?.user else {
            Log.warning("a local client vanished before its user was known")
            return connection.close()
        }
        Task { @EventLoopActor in
            sessions[user, default: 0] += 1
            await LocalSession(connection, user: user, service: self, isOverLimit: isOverLimit(user)).run()
            ended(user)
        }
    }

    private func isOverLimit(_ user: UInt32) -> Bool { sessions[user, default: 0] > settings.userConnectionLimit }

    private func ended(_ user: UInt32) {
        sessions[user] = sessions[user].flatMap { $0 > 1 ? $0 - 1 : nil }
        guard isStopping, isIdle, let waiting = stopped else { return }
        stopped = nil
        waiting.resume()
    }
}
