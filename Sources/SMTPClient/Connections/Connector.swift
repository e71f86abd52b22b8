internal import DaemonKit
internal import Mail
internal import NIOCore
internal import NIOPosix
internal import Platform
internal import Resolver
internal import SMTPProtocol

/// Opens connections to servers.
///
/// *Failure:* the reason in the C library's words, as Postfix logs it.
@EventLoopActor
struct Connector {
    let settings: SMTPClientSettings

    /// `completion` gets the connection, whose steps go to `onStep` from then on, or the reason.
    func connect(
        to host: MailHost, port: UInt16, isBest: Bool, isOnly: Bool, onStep: @escaping (ClientStep, SMTPConnection) -> Void,
        completion: @escaping @Sendable @EventLoopActor (Result<SMTPConnection, ConnectFailure>) -> Void
    ) {
        let box = ConnectionBox()
        let relay = Self.relay(host, port)
        var options = settings.dialogue
        options.detectsLoops = port == 25
        options.isBestExchanger = isBest
        let session = SMTPClientSession(options, peer: PeerName(host: host.name, address: host.address.description))
        let times = settings.times
        // Called on the loop, like the whole of this type.
        let make = NIOLoopBound(
            { (channel: any Channel) in
                SMTPConnection(
                    channel: channel, host: host, relay: relay, isBest: isBest, isOnly: isOnly, session: session, times: times,
                    onStep: onStep)
            }, eventLoop: EventLoopActor.loop)
        do {
            let bootstrap = ClientBootstrap(group: EventLoopActor.group)
                .connectTimeout(times.connect)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let connection = EventLoopActor.assumeOnLoop { make.value(channel) }
                        box.connection = connection
                        try channel.pipeline.syncOperations.addHandler(SMTPConnectionHandler(connection))
                    }
                }
            if let local = settings.bindAddresses.first(where: { $0.family == host.address.family }) {
                _ = bootstrap.bind(to: try Self.socketAddress(local, 0))
            }
            let address = try Self.socketAddress(host.address, port)
            bootstrap.connect(to: address).whenComplete { result in
                EventLoopActor.assumeOnLoop { completion(box.outcome(result)) }
            }
        } catch {
            completion(.failure(ConnectFailure(reason: Self.reason(error))))
        }
    }

    /// `host[address]:port`
    nonisolated static func relay(_ host: MailHost, _ port: UInt16) -> String { "\(host.name)[\(host.address)]:\(port)" }

    private nonisolated static func socketAddress(_ address: IPAddress, _ port: UInt16) throws -> SocketAddress {
        try SocketAddress(packedIPAddress: ByteBuffer(bytes: address.bytes), port: Int(port))
    }

    fileprivate nonisolated static func reason(_ error: any Error) -> String {
        switch error {
        case let error as IOError: errorText(error.errnoCode)
        case ChannelError.connectTimeout: "Connection timed out"
        default: "\(error)"
        }
    }
}

/// Why there is no connection.
struct ConnectFailure: Error, Equatable {
    var reason: String
}

/// Carries the connection out of the channel initializer; touched on the loop only.
private final class ConnectionBox: @unchecked Sendable {
    var connection: SMTPConnection?

    func outcome(_ result: Result<any Channel, any Error>) -> Result<SMTPConnection, ConnectFailure> {
        switch result {
        case .success:
            guard let connection else { preconditionFailure("a channel is initialised before it is connected") }
            return .success(connection)
        case .failure(let error): return .failure(ConnectFailure(reason: Connector.reason(error)))
        }
    }
}
