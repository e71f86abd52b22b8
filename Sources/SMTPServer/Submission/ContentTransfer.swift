internal import DaemonKit
internal import NIOCore
internal import SMTPProtocol
internal import Wire

/// The content of one message on its way in: collected while it is small, streamed to cleanup from the moment it is not.
///
/// *Failure:* content over the limit is read to its end and dropped (``isTooLarge``); so is the rest of what cleanup has refused or
/// has lost (``earlyOutcome``).
@EventLoopActor
final class ContentTransfer {
    private var reader = ContentReader()
    private var collected: ByteBuffer
    private let budget: ContentBudget
    private let sizeLimit: UInt64
    private(set) var isTooLarge = false
    /// Set once the content streams.
    var link: CleanupLink?
    /// What cleanup said of a stream before its end was sent.
    var earlyOutcome: CleanupLink.Outcome?
    /// cleanup has everything, and only its answer is awaited.
    var isHandedOver = false

    /// - Parameters:
    ///   - declared: what the client said with SIZE.
    ///   - sizeLimit: message_size_limit; 0 means none.
    init(declared: UInt64?, sizeLimit: UInt64, budget: ContentBudget) {
        self.budget = budget
        self.sizeLimit = sizeLimit
        // A client's word reserves a few pages at most; most messages are small.
        collected = ByteBufferAllocator().buffer(capacity: max(4096, Int(min(declared ?? 0, 16_384)) + 512))
    }

    var isComplete: Bool { reader.isComplete }
    var size: UInt64 { reader.size }
    var hasBareLineFeed: Bool { reader.hasBareLineFeed }
    /// Octets that are held in memory now.
    var held: Int { collected.readableBytes }

    /// Takes what is content from the input.
    func read(_ input: inout ByteBuffer) {
        let source = input
        let start = source.readerIndex
        let keeps = !isTooLarge && earlyOutcome == nil
        var target = ByteBuffer()
        swap(&target, &collected)
        let before = target.readableBytes
        let taken = reader.read(source.readableBytesUInt8Span) { piece in
            guard keeps else { return }
            if case .input(let range) = piece {
                if let run = source.getSlice(at: start + range.lowerBound, length: range.count) {
                    target.writeImmutableBuffer(run)
                }
            } else {
                target.writeStaticString(piece.literal)
            }
        }
        input.moveReaderIndex(forwardBy: taken)
        budget.add(target.readableBytes - before)
        swap(&target, &collected)
        if sizeLimit > 0, reader.size > sizeLimit, !isTooLarge {
            isTooLarge = true
            abandon()
        }
    }

    /// What has been collected, which stays here until cleanup has answered.
    var content: ByteBuffer { collected }

    /// What has been collected, which from now on is the caller's.
    func takeCollected() -> ByteBuffer {
        var taken = ByteBuffer()
        swap(&taken, &collected)
        budget.remove(taken.readableBytes)
        return taken
    }

    /// The message is not wanted any more. A stream is broken off; what cleanup has as a whole is left to it.
    func abandon() {
        _ = takeCollected()
        if !isHandedOver { link?.abandon() }
        link = nil
    }
}
