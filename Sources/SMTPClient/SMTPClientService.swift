package import DaemonKit
internal import Platform
internal import Spool

/// smtp(8), also as `relay`: the delivery agent that speaks SMTP to other hosts.
package final class SMTPClientService: DaemonService {
    private let agent: DeliveryAgent
    private let client: SMTPClient

    package init(_ startup: Startup, presence: AgentPresence, settings: SMTPClientSettings) {
        let contents = Spool.ContentReader(queueDirectory: "", fileSystem: POSIXFileSystem())
        let client = SMTPClient(settings, contents: contents)
        self.client = client
        agent = DeliveryAgent(service: startup.serviceName, lease: startup.lease, presence: presence) { client.deliver($0) }
    }

    package func start(_ context: DaemonContext) async throws {}
    package func listen(on descriptor: Int32) async throws { try await agent.listen(on: descriptor) }

    package func stop() async {
        await agent.stop()
        client.pool.stop()
    }

    package var isIdle: Bool { agent.isIdle && client.pool.isEmpty }
}
