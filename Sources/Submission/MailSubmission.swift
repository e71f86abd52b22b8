internal import CommandKit
internal import Glibc
internal import Mail
internal import Platform
internal import Wire

/// Hands one message to pickup.
struct MailSubmission {
    /// Up to here a message travels in one frame.
    private static let oneFrame = 1 << 20

    let socketPath: String

    /// - Returns: pickup's answer.
    /// - Throws: ``ExitError`` when pickup is not there (75) or the input cannot be read (65).
    func submit(
        _ request: LocalSubmission, next: () throws(SystemError) -> [UInt8]
    ) throws(ExitError) -> LocalSubmissionResult {
        let wire: BlockingWire
        do {
            wire = try BlockingWire(connectingTo: socketPath)
        } catch {
            throw ExitError(status: EX_TEMPFAIL, message: "the mail system is down: \(error); try again later")
        }
        var content: [UInt8] = []
        var isAtEnd = false
        while !isAtEnd, content.count <= Self.oneFrame { isAtEnd = try read(next, into: &content) }
        do {
            if isAtEnd, content.count <= Self.oneFrame {
                var whole = request
                whole.contentLength = UInt32(content.count)
                try wire.send(whole, payload: content)
            } else {
                try wire.send(request)
                while !isAtEnd {
                    try wire.send(LocalContentChunk(last: false), payload: content)
                    content = []
                    isAtEnd = try read(next, into: &content)
                }
                try wire.send(LocalContentChunk(last: true), payload: content)
            }
            return try wire.receive(LocalSubmissionResult.self)
        } catch let error as ExitError {
            throw error
        } catch {
            throw ExitError(status: EX_TEMPFAIL, message: "the mail system did not answer: \(error)")
        }
    }

    private func read(_ next: () throws(SystemError) -> [UInt8], into content: inout [UInt8]) throws(ExitError) -> Bool {
        do {
            let piece = try next()
            content.append(contentsOf: piece)
            return piece.isEmpty
        } catch {
            throw ExitError(status: EX_DATAERR, message: error.description)
        }
    }
}
