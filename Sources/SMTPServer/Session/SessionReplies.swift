internal import Mail
internal import SMTPProtocol

/// What a session says of its own accord, in Postfix's words.
extension SMTPReply {
    static func timeoutExceeded(_ hostname: String) -> SMTPReply {
        SMTPReply(421, EnhancedStatus(.temporary, 4, 2), "\(hostname) Error: timeout exceeded")
    }

    /// To a client that has crashed this program twice, while it serves others.
    static func servedAlone(_ hostname: String) -> SMTPReply {
        SMTPReply(421, EnhancedStatus(.temporary, 3, 2), "\(hostname) Error: try again when no other client is served")
    }
    static func shuttingDown(_ hostname: String) -> SMTPReply {
        SMTPReply(421, EnhancedStatus(.temporary, 3, 2), "\(hostname) Service shutting down")
    }

    static let queueWriteError = SMTPReply(451, EnhancedStatus(.temporary, 3, 0), "Error: queue file write error")
    static let messageTooBig = SMTPReply(552, EnhancedStatus(.permanent, 3, 4), "Error: message file too big")

    /// What cleanup says. A code that refuses nothing is a fault of ours, and temporary.
    static func refusal(_ code: UInt16, _ status: EnhancedStatus, _ text: String) -> SMTPReply {
        (400...599).contains(code) ? SMTPReply(code, status, text) : .queueWriteError
    }

    static func queued(_ id: QueueID) -> SMTPReply {
        SMTPReply(250, EnhancedStatus(.success, 0, 0), "Ok: queued as \(id.description)")
    }
}
