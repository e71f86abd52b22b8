internal import DaemonKit
internal import Mail
internal import MailLog
internal import Wire

/// A connection to qmgr's own socket: cleanup with arrivals, a tool with a command, showq with a question, or an agent with reports
/// that an earlier qmgr did not acknowledge. What each frame is decides its kind.
///
/// smtp runs as a user of its own, who may present reports and nothing else: arrivals, commands and the queue's list are for the mail
/// owner and root.
/// *Failure:* anything malformed or of another kind closes the connection.
@EventLoopActor
final class ClientSession {
    let token: ReplyToken
    private let connection: WireConnection
    private unowned let manager: QueueManager
    private var isCleanup = false

    init(token: ReplyToken, connection: WireConnection, manager: QueueManager) {
        self.token = token
        self.connection = connection
        self.manager = manager
    }

    func start() {
        connection.onFrame = { [weak self] frame in self?.received(frame) }
        connection.onClose = { [weak self] in self?.closed() }
    }

    func send(_ message: some WireMessage) { connection.send(message) }

    func close() { connection.close() }

    private func received(_ frame: WireFrame) {
        let token = token
        do throws(DecodingFailure) {
            guard frame.isA(ResumedReports.self) || PeerRule.suite.admits(connection.peer) else {
                throw DecodingFailure("\(connection.peer?.description ?? "nobody") may present reports only")
            }
            if frame.isA(ArrivalNotice.self) {
                isCleanup = true
                let notice = try frame.decode(ArrivalNotice.self)
                manager.turn { $0.arrived(notice, token: token) }
            } else if frame.isA(QueueCommand.self) {
                let command = try frame.decode(QueueCommand.self)
                manager.turn { $0.command(command, token: token) }
            } else if frame.isA(LiveQueueQuery.self) {
                _ = try frame.decode(LiveQueueQuery.self)
                manager.turn { $0.query(token: token) }
            } else {
                let reports = try frame.decode(ResumedReports.self)
                manager.turn { $0.resumed(reports, token: token) }
            }
        } catch {
            Log.warning("malformed frame on public/qmgr: \(error)")
            connection.close()
        }
    }

    private func closed() {
        manager.ended(self)
        if isCleanup { manager.turn { $0.cleanupLeft() } }
    }
}
