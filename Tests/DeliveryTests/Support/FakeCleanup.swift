import DaemonKit
import Mail
import NIOCore
import Wire

/// Takes submissions, keeps them, and answers as told.
@EventLoopActor
final class FakeCleanup {
    struct Taken {
        var submission: Submission
        var content: [UInt8]
        var text: String { String(decoding: submission.prepended + content, as: UTF8.self) }
    }

    nonisolated let listener = UnixListener()
    private(set) var taken: [Taken] = []
    /// Answers in order; the last one is repeated. nil closes the connection without an answer.
    var verdicts: [SubmissionResult.Verdict?] = [.accepted]

    nonisolated var path: String { listener.path }

    private var isServing = false

    func start() async throws {
        guard !isServing else { return }
        isServing = true
        _ = try await WireEndpoints.serve(listening: listener.descriptor) { connection in
            Task { try await self.serve(connection) }
        }
    }

    private func serve(_ connection: WireConnection) async throws {
        while true {
            let (submission, payload) = try await connection.receive(Submission.self, within: .seconds(10))
            var content = Array(buffer: payload)
            if submission.contentLength == nil {
                while true {
                    let frame = try await connection.receive(within: .seconds(10))
                    if frame.isA(ContentEnd.self) { break }
                    content += Array(buffer: frame.payload)
                }
            }
            taken.append(Taken(submission: submission, content: content))
            let verdict = verdicts.count > 1 ? verdicts.removeFirst() : verdicts[0]
            guard let verdict else { return connection.close() }
            connection.send(SubmissionResult(verdict))
        }
    }
}
