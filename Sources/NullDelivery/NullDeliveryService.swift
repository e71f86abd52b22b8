package import DaemonKit

/// The agents that deliver nowhere: `discard`, and `error` (also as `retry`).
package final class NullDeliveryService: DaemonService {
    private let agent: DeliveryAgent

    private init(service: String, deliver: @escaping @EventLoopActor (Delivery) -> Void) {
        agent = DeliveryAgent(service: service, deliver: deliver)
    }

    package nonisolated static func discarding(
        _ startup: Startup
    ) -> @Sendable @EventLoopActor () -> any DaemonService {
        let service = startup.serviceName
        return { NullDeliveryService(service: service) { discard($0) } }
    }

    /// As service `retry`, everything is deferred.
    package nonisolated static func failing(_ startup: Startup) -> @Sendable @EventLoopActor () -> any DaemonService {
        let service = startup.serviceName
        let isRetry = service == "retry"
        return { NullDeliveryService(service: service) { failDelivery($0, isRetry: isRetry) } }
    }

    package func start(_ context: DaemonContext) async throws {}
    package func listen(on descriptor: Int32) async throws { try await agent.listen(on: descriptor) }
    package func stop() async { await agent.stop() }
    package var isIdle: Bool { agent.isIdle }
}
