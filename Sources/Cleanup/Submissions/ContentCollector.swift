internal import DaemonKit
internal import MessageFormat
internal import NIOCore

/// A streamed content: in memory while it is small, its body in a file from the moment it is not. The header section stays in memory.
///
/// *Failure:* ``refusal`` says why the rest is of no use.
@EventLoopActor
final class ContentCollector {
    private(set) var head: [UInt8] = []
    private(set) var spool: LargeContentSpool?
    private(set) var size: UInt64 = 0
    private let limit: UInt64
    private let makeSpool: () -> LargeContentSpool
    private var ownRefusal: Refusal?

    /// - Parameter limit: message_size_limit.
    init(limit: UInt64, makeSpool: @escaping () -> LargeContentSpool) {
        self.limit = limit
        self.makeSpool = makeSpool
    }

    var refusal: Refusal? { ownRefusal ?? spool?.refusal }

    func add(_ payload: ByteBuffer) {
        guard refusal == nil else { return }
        size += UInt64(payload.readableBytes)
        guard size <= limit else { return refuse(.tooLarge) }
        if let spool {
            spool.append(Array(payload.readableBytesView))
            return
        }
        head.append(contentsOf: payload.readableBytesView)
        guard head.count > ContentLimits.inline else { return }
        guard let section = HeaderSection(head.span, isWhole: false) else { return refuse(.longHeader) }
        let spool = makeSpool()
        spool.append(Array(head[section.bodyStart...]))
        head.removeSubrange(section.bodyStart...)
        self.spool = spool
    }

    func abandon() {
        spool?.abandon()
        head = []
    }

    private func refuse(_ refusal: Refusal) {
        ownRefusal = refusal
        abandon()
    }
}
