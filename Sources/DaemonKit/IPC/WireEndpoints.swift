internal import MailLog
package import NIOCore
internal import NIOPosix

/// Opens connections between programs.
@EventLoopActor
package enum WireEndpoints {
    /// Connects to a UNIX socket of the suite.
    package static func connect(to path: String, within limit: Duration = .seconds(10)) async throws -> WireConnection {
        let box = ConnectionBox()
        _ = try await ClientBootstrap(group: EventLoopActor.group)
            .connectTimeout(TimeAmount(limit))
            .channelInitializer { channel in box.attach(channel) }
            .connect(unixDomainSocketPath: path).value()
        return box.connection()
    }

    /// Serves a listening descriptor that master opened. `accept` is called on the loop for each connection from those whom the
    /// rule admits; others are closed, with a line in the log.
    package static func serve(
        listening descriptor: Int32, from rule: PeerRule = .suite, accept: @escaping @EventLoopActor (WireConnection) -> Void
    ) async throws -> any Channel {
        try await ServerBootstrap(group: EventLoopActor.group)
            .childChannelInitializer { channel in
                ConnectionBox().attach(channel) { connection in
                    connection.peer = PeerCredentials(of: channel)
                    guard rule.admits(connection.peer) else {
                        Log.warning("a connection from \(connection.peer?.description ?? "nobody") is refused")
                        return connection.close()
                    }
                    accept(connection)
                }
            }
            .serve(inherited: descriptor)
    }

    /// Speaks over one end of a socket pair or an inherited connected descriptor.
    package static func adopt(_ descriptor: Int32) async throws -> WireConnection {
        let box = ConnectionBox()
        _ = try await ClientBootstrap(group: EventLoopActor.group)
            .channelInitializer { channel in box.attach(channel) }
            .withConnectedSocket(descriptor).value()
        let connection = box.connection()
        connection.peer = PeerCredentials(of: connection.channel)
        return connection
    }
}

/// Carries the connection out of the channel initializer; touched on the loop only.
private final class ConnectionBox: @unchecked Sendable {
    private var made: WireConnection?

    func attach(
        _ channel: any Channel, onActive: (@EventLoopActor (WireConnection) -> Void)? = nil
    ) -> EventLoopFuture<Void> {
        channel.eventLoop.preconditionInEventLoop()
        do {
            let connection = EventLoopActor.assumeOnLoop { WireConnection(channel: channel) }
            made = connection
            try channel.pipeline.syncOperations.addHandler(WireHandler(connection: connection, onActive: onActive))
            return channel.eventLoop.makeSucceededVoidFuture()
        } catch {
            return channel.eventLoop.makeFailedFuture(error)
        }
    }

    func connection() -> WireConnection {
        guard let made else { preconditionFailure("a channel is initialised before it is handed out") }
        return made
    }
}
