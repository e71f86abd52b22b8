internal import Mail
package import NIOCore
package import Wire

/// Why a message may not have been taken.
package enum SubmissionFailure: Error, Equatable, Sendable, CustomStringConvertible {
    /// It was not taken: no connection, or the content could not be given to its end.
    case notDone(String)
    /// The answer is missing: it may have been taken.
    case unknownOutcome(String)

    package var description: String {
        switch self {
        case .notDone(let text): text
        case .unknownOutcome(let text): "no answer from cleanup: \(text)"
        }
    }
}

/// Hands messages made inside the suite to cleanup, a connection for each. smtpd, which hands over thousands, keeps its own.
///
/// *Failure:* throws ``SubmissionFailure``; a refusal is a verdict, not a failure.
@EventLoopActor
package final class CleanupClient {
    /// Longer contents travel in frames of this size.
    package static let chunkSize = 256 << 10

    private let path: String
    private let timeLimit: Duration

    /// - Parameter timeLimit: ipc_timeout.
    package init(path: String = "public/cleanup", timeLimit: Duration) {
        self.path = path
        self.timeLimit = timeLimit
    }

    /// A content that is in memory. `submission.contentLength` is set here.
    package func submit(
        _ submission: Submission, content: ByteBuffer
    ) async throws(SubmissionFailure) -> SubmissionResult.Verdict {
        guard content.readableBytes <= Int(WireFrameHeader.maximumPayload) else {
            var rest = content
            return try await submit(submission) { rest.readSlice(length: min(rest.readableBytes, Self.chunkSize)) }
        }
        var message = submission
        message.contentLength = UInt32(content.readableBytes)
        for _ in 0..<Self.attempts {
            let connection = try await connect()
            defer { connection.close() }
            connection.send(message, payload: content)
            if let verdict = try await answerIfTaken(connection) { return verdict }
        }
        throw .notDone("\(path): cleanup is being replaced")
    }

    /// A content that is read as it goes: `next` gives a part of at most 4 MiB, empty or nil at its end. What it throws abandons the
    /// message.
    package func submit(
        _ submission: Submission, next: () throws -> ByteBuffer?
    ) async throws(SubmissionFailure) -> SubmissionResult.Verdict {
        let connection = try await connect()
        defer { connection.close() }
        var message = submission
        message.contentLength = nil
        connection.send(message)
        while true {
            let part: ByteBuffer?
            do { part = try next() } catch {
                connection.send(ContentEnd(complete: false))
                throw .notDone("\(error)")
            }
            guard let part, part.readableBytes > 0 else { break }
            connection.send(ContentChunk(), payload: part)
            do { try await connection.drain() } catch {
                // A refusal may have come before the end; without one the message was not taken.
                if let verdict = try? await answer(connection) { return verdict }
                throw .notDone("\(path): \(error)")
            }
        }
        connection.send(ContentEnd(complete: true))
        return try await answer(connection)
    }

    private func connect() async throws(SubmissionFailure) -> WireConnection {
        do {
            return try await WireEndpoints.connect(to: path, within: timeLimit)
        } catch {
            throw .notDone("connect to \(path): \(error)")
        }
    }

    /// A cleanup that is being replaced may have accepted the connection and take nothing more.
    private static let attempts = 3

    private func answer(_ connection: WireConnection) async throws(SubmissionFailure) -> SubmissionResult.Verdict {
        guard let verdict = try await answerIfTaken(connection) else { throw .notDone("\(path): cleanup is being replaced") }
        return verdict
    }

    /// nil: it was not taken, and another connection may do.
    private func answerIfTaken(
        _ connection: WireConnection
    ) async throws(SubmissionFailure) -> SubmissionResult.Verdict? {
        do throws(WireFailure) {
            let frame = try await connection.receive(within: timeLimit)
            if frame.isA(SubmissionsEnd.self) { return nil }
            do throws(DecodingFailure) {
                return try frame.decode(SubmissionResult.self).verdict
            } catch {
                throw .malformed(error.description)
            }
        } catch {
            throw connection.wasReset ? .notDone("\(path): \(error)") : .unknownOutcome("\(error)")
        }
    }
}
