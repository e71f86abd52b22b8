internal import Glibc
internal import Mail
internal import Platform
internal import Wire

/// The content of one delivery: all of it, or what is still to come in frames.
final class IncomingContent {
    private var first: [UInt8]
    private var source: FrameSource?
    /// The parent or the connection failed; nothing more can be read.
    private(set) var failure: DecodingFailure?

    init(whole: [UInt8]) {
        first = whole
        source = nil
    }

    init(streamedBy source: FrameSource) {
        first = []
        self.source = source
    }

    /// Gives each part once, in order.
    /// - Throws: what `body` throws; ECANCELED when the parent gives the message up.
    func forEachPart(_ body: ([UInt8]) throws(SystemError) -> Void) throws(SystemError) {
        if !first.isEmpty {
            try body(first)
            first = []
        }
        while let source {
            guard let (part, end) = next(source) else { throw SystemError("read", "message content", ECANCELED) }
            if end != nil { self.source = nil }
            if let end, !end.complete { throw SystemError("read", "message content", ECANCELED) }
            if !part.isEmpty { try body(part) }
        }
    }

    /// Reads what is left, so that the next frame is a request again.
    func drain() {
        while let source {
            guard let (_, end) = next(source) else { return }
            if end != nil { self.source = nil }
        }
    }

    private func next(_ source: FrameSource) -> (part: [UInt8], end: MailboxContent?)? {
        do throws(DecodingFailure) {
            guard let frame = try source.next() else { throw DecodingFailure("the parent went in the middle of a message") }
            let message = try frame.decode(MailboxContent.self)
            return (frame.payload, message.last ? message : nil)
        } catch {
            failure = error
            self.source = nil
            return nil
        }
    }
}
