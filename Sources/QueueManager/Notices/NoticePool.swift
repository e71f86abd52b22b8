internal import DaemonKit
internal import DequeModule
internal import Mail
internal import MailLog
internal import NIOCore
internal import Wire

/// Asks `private/bounce` for notices: a few connections, one request at a time on each.
///
/// *Failure:* nobody waits for bounce. When it cannot be reached, does not answer in time, or too many requests wait, the answer is
/// nil: the queue manager asks again when the message is due.
@EventLoopActor
final class NoticePool {
    private struct Job {
        var number: UInt64
        var request: NoticeRequest
    }

    static let path = "private/bounce"
    /// Notices that are made at once.
    private static let connections = 10
    /// Requests that wait, with all that they list in memory.
    private static let waitingLimit = 2000

    private let settings: QueueManagerSettings
    private let answered: (UInt64, NoticeResult.Outcome?) -> Void
    private var waiting: Deque<Job> = []
    private var workers = 0

    init(settings: QueueManagerSettings, answered: @escaping (UInt64, NoticeResult.Outcome?) -> Void) {
        self.settings = settings
        self.answered = answered
    }

    func request(_ request: NoticeRequest, number: UInt64) {
        guard waiting.count < Self.waitingLimit else {
            // Not within the caller's event.
            EventLoopActor.loop.execute { EventLoopActor.assumeOnLoop { self.answered(number, nil) } }
            return
        }
        waiting.append(Job(number: number, request: request))
        guard workers < Self.connections else { return }
        workers += 1
        Task { await work() }
    }

    /// Notices are rare: a task for each connection, until there is nothing left to ask.
    private func work() async {
        defer { workers -= 1 }
        guard !waiting.isEmpty else { return }
        do {
            let connection = try await WireEndpoints.connect(
                to: settings.socketDirectory + Self.path, within: settings.ipcTimeout)
            defer { connection.close() }
            while let job = waiting.popFirst() {
                do throws(WireFailure) {
                    connection.send(job.request)
                    let (result, _) = try await connection.receive(NoticeResult.self, within: settings.ipcTimeout)
                    answered(job.number, result.outcome)
                } catch {
                    Log.warning(
                        "\(Self.path): \(error) while a notice for \(job.request.envelope.queueID.description) was made")
                    answered(job.number, nil)
                    return
                }
            }
        } catch {
            Log.warning("connect to \(Self.path): \(connectErrorText(error))")
            failWaiting()
        }
    }

    private func failWaiting() {
        let failed = waiting
        waiting = []
        for job in failed { answered(job.number, nil) }
    }
}
