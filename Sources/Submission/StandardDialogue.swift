internal import CommandKit
internal import Configuration
internal import Glibc
internal import Mail
internal import Platform
internal import SMTPProtocol
internal import Wire

/// `sendmail -bs`: SMTP on standard input and output, each message handed to pickup as the calling user's.
///
/// *Failure:* replies, as from smtpd; the command ends 0 after QUIT and at the end of the input.
struct StandardDialogue: ~Copyable {
    private let submission: MailSubmission
    private let hostname: String
    private var session: SMTPServerSession
    private var scanner = LineScanner(limit: 2048)
    private var input = StandardInput()
    private var buffer: [UInt8] = []

    init(_ instance: Instance) throws(ExitError) {
        submission = MailSubmission(socketPath: instance.socket("public/pickup"))
        do throws(ConfigurationError) {
            hostname = try instance.configuration.value(of: BaseParameters.myhostname)
        } catch {
            throw ExitError(status: EX_CONFIG, message: error.description)
        }
        session = SMTPServerSession(limits: SMTPServerLimits(hostname: hostname))
    }

    mutating func run() throws(ExitError) {
        try say(SMTPReply(220, nil, "\(hostname) ESMTP"))
        while true {
            let bytes = buffer
            switch scanner.next(bytes.span) {
            case .incomplete(let discard):
                buffer.removeFirst(discard)
                guard try fill() else { return }
            case .line(let length, let consumed):
                let line = Array(buffer[..<length])
                buffer.removeFirst(consumed)
                guard try perform(session.receive(line)) else { return }
            case .overlong(_, let consumed):
                buffer.removeFirst(consumed)
                guard try perform(session.receiveOverlong()) else { return }
            }
        }
    }

    /// False when the dialogue is over.
    private mutating func perform(_ action: SMTPServerSession.Action) throws(ExitError) -> Bool {
        switch action {
        case .reply(let reply): try say(reply)
        case .check: return try perform(session.allow())
        case .receiveContent(let reply):
            try say(reply)
            guard let content = try content() else { return false }
            return try perform(session.contentEnded(try submit(content)))
        case .close(let reply):
            try say(reply)
            return false
        }
        return true
    }

    /// Content up to its end; nil when the input ends before.
    private mutating func content() throws(ExitError) -> [UInt8]? {
        var reader = ContentReader()
        var content: [UInt8] = []
        while true {
            let piece = buffer
            let taken = reader.read(piece.span) { part in
                if case .input(let range) = part {
                    content.append(contentsOf: piece[range])
                } else {
                    content.append(contentsOf: part.literal.description.utf8)
                }
            }
            buffer.removeFirst(taken)
            if reader.isComplete { return content }
            guard try fill() else { return nil }
        }
    }

    private func submit(_ content: [UInt8]) throws(ExitError) -> SMTPReply {
        guard let transaction = session.transaction else { preconditionFailure("content belongs to a transaction") }
        var request = LocalSubmission(
            sender: transaction.sender.internalForm, recipients: transaction.recipients.map(\.address.internalForm),
            contentLength: nil)
        request.notify = transaction.recipients.first?.notify
        var rest = content
        let result: LocalSubmissionResult
        do throws(ExitError) {
            result = try submission.submit(request) {
                defer { rest = [] }
                return rest
            }
        } catch {
            return SMTPReply(451, EnhancedStatus(.temporary, 3, 0), "Error: \(error.message)")
        }
        switch (result.exitStatus, result.queueID) {
        case (0, let queueID?): return SMTPReply(250, EnhancedStatus(.success, 0, 0), "Ok: queued as \(queueID)")
        case (UInt8(EX_TEMPFAIL), _): return SMTPReply(451, EnhancedStatus(.temporary, 3, 0), "Error: \(result.text)")
        default: return SMTPReply(550, EnhancedStatus(.permanent, 0, 0), "Error: \(result.text)")
        }
    }

    private func say(_ reply: SMTPReply) throws(ExitError) {
        try Output.write(String(decoding: reply.wireForm, as: UTF8.self))
    }

    private mutating func fill() throws(ExitError) -> Bool {
        do throws(SystemError) {
            let piece = try input.next()
            buffer.append(contentsOf: piece)
            return !piece.isEmpty
        } catch {
            throw ExitError(status: EX_DATAERR, message: error.description)
        }
    }
}
