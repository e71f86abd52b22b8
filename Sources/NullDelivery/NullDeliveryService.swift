package import DaemonKit

/// The agents that deliver nowhere: `discard`, and `error` (also as `retry`).
package final class NullDeliveryService: DaemonService {
    private let agent: DeliveryAgent

    private init(
        _ startup: Startup, _ presence: AgentPresence, deliver: @escaping @EventLoopActor (Delivery) -> Void
    ) {
        agent = DeliveryAgent(service: startup.serviceName, lease: startup.lease, presence: presence, deliver: deliver)
    }

    package nonisolated static func discarding(
        _ startup: Startup
    ) throws(StartupError) -> @Sendable @EventLoopActor () -> any DaemonService {
        let presence = try AgentPresence.open(startup)
        return { NullDeliveryService(startup, presence) { discard($0) } }
    }

    /// As service `retry`, everything is deferred.
    package nonisolated static func failing(
        _ startup: Startup
    ) throws(StartupError) -> @Sendable @EventLoopActor () -> any DaemonService {
        let presence = try AgentPresence.open(startup)
        let isRetry = startup.serviceName == "retry"
        return { NullDeliveryService(startup, presence) { failDelivery($0, isRetry: isRetry) } }
    }

    package func start(_ context: DaemonContext) async throws {}
    package func listen(on descriptor: Int32) async throws { try await agent.listen(on: descriptor) }
    package func stop() async { await agent.stop() }
    package var isIdle: Bool { agent.isIdle }
}
