internal import DaemonKit
internal import DequeModule
internal import Mail
internal import MailLog
internal import NIOCore
internal import Wire

/// Asks `public/pickup` to hand messages in again: a few connections, one request at a time on each. What waits is bounded by the
/// active limits.
///
/// *Failure:* when pickup cannot be reached or does not answer in time, the answer is nil: the queue manager asks again when the
/// message is due.
@EventLoopActor
final class RequeuePool {
    private static let path = "public/pickup"
    /// Enough for group commit to pay.
    private static let connections = 20

    private let settings: QueueManagerSettings
    private let answered: (UInt64, NoticeResult.Outcome?) -> Void
    private var waiting: Deque<(number: UInt64, request: RequeueRequest)> = []
    private var workers = 0

    init(settings: QueueManagerSettings, answered: @escaping (UInt64, NoticeResult.Outcome?) -> Void) {
        self.settings = settings
        self.answered = answered
    }

    func request(_ request: RequeueRequest, number: UInt64) {
        waiting.append((number, request))
        guard workers < Self.connections else { return }
        workers += 1
        Task { await work() }
    }

    private func work() async {
        defer { workers -= 1 }
        guard !waiting.isEmpty else { return }
        do {
            let connection = try await WireEndpoints.connect(
                to: settings.socketDirectory + Self.path, within: settings.ipcTimeout)
            defer { connection.close() }
            while let job = waiting.popFirst() {
                let id = job.request.envelope.queueID
                do throws(WireFailure) {
                    connection.send(job.request)
                    let (result, _) = try await connection.receive(RequeueResult.self, within: settings.ipcTimeout)
                    if let error = result.error {
                        answered(job.number, .failed("\(id): \(error)"))
                    } else {
                        answered(job.number, .queued(id))
                    }
                } catch {
                    Log.warning("\(Self.path): \(error) while \(id) was handed in again")
                    answered(job.number, nil)
                    return
                }
            }
        } catch {
            Log.warning("connect to \(Self.path): \(connectErrorText(error))")
            let failed = waiting
            waiting = []
            for job in failed { answered(job.number, nil) }
        }
    }
}
