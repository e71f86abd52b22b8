package import DaemonKit
internal import Mail
internal import MailLog
internal import NIOCore
internal import Platform
internal import Spool
internal import Wire

/// bounce(8): qmgr asks for notices to senders, one request at a time on each connection.
///
/// While there are connections its mark says so (``AgentPresence``): a new qmgr asks for no notice until those that its predecessor
/// asked for are made, and a request of which nobody waits for the answer any more is not begun.
/// *Failure:* a malformed request closes its connection; everything else is an answer.
package final class BounceService: DaemonService {
    private let maker: NoticeMaker
    private let presence: OwnPresence
    private var listeners: [any Channel] = []
    private var connections: [ObjectIdentifier: WireConnection] = [:]
    private var inHand = 0
    private var stopped: CheckedContinuation<Void, Never>?
    private var isStopping = false

    package init(settings: BounceSettings, lease: UInt64, presence: AgentPresence? = nil) {
        self.presence = OwnPresence(presence, lease: lease, task: .notices)
        maker = NoticeMaker(
            settings: settings, lease: lease, cleanup: CleanupClient(timeLimit: settings.ipcTimeout),
            reader: ContentReader(queueDirectory: "", fileSystem: POSIXFileSystem()), time: SystemTime())
    }

    package func start(_ context: DaemonContext) async throws {}

    package func listen(on descriptor: Int32) async throws {
        let channel = try await WireEndpoints.serve(listening: descriptor) { [weak self] connection in
            self?.accepted(connection)
        }
        listeners.append(channel)
    }

    package func stop() async {
        isStopping = true
        for listener in listeners { listener.close(promise: nil) }
        listeners = []
        if inHand > 0 { await withCheckedContinuation { stopped = $0 } }
        for connection in connections.values { connection.close() }
    }

    package var isIdle: Bool { inHand == 0 && connections.isEmpty }

    private func accepted(_ connection: WireConnection) {
        guard presence.set() else { return connection.close() }
        connections[ObjectIdentifier(connection)] = connection
        connection.onClose = { [weak self, weak connection] in
            guard let self, let connection else { return }
            self.connections[ObjectIdentifier(connection)] = nil
            if self.isIdle { self.presence.clear() }
        }
        connection.onFrame = { [weak self, weak connection] frame in
            guard let self, let connection else { return }
            self.received(frame, connection)
        }
    }

    private func received(_ frame: WireFrame, _ connection: WireConnection) {
        do throws(DecodingFailure) {
            let request = try frame.decode(NoticeRequest.self)
            inHand += 1
            Task {
                // Of a qmgr that died meanwhile the end of the connection comes right behind its request.
                await EventLoopActor.turn()
                guard connection.isOpen else { return ended() }
                let outcome = await maker.make(request)
                connection.send(NoticeResult(outcome))
                ended()
            }
        } catch {
            Log.warning("malformed notice request from qmgr: \(error)")
            connection.close()
        }
    }

    private func ended() {
        inHand -= 1
        if isIdle { presence.clear() }
        guard isStopping, inHand == 0, let waiting = stopped else { return }
        stopped = nil
        waiting.resume()
    }
}
