internal import Mail
internal import Spool
internal import Wire

/// The index read page by page and put into the protocol's form, on threads that may block; one portion at a time.
///
/// *Failure:* throws when the index cannot be opened or read.
final class IndexPages: @unchecked Sendable {
    /// Transactions of ``IndexListing/pageLength`` rows that make one portion.
    private static let pagesInPortion = 4

    private let index: LMDBIndex
    private let matcher: QueueMatcher?
    private var listing: IndexListing?

    init(directory: SpoolDirectory, matcher: QueueMatcher?) {
        self.matcher = matcher
        var options = LMDBIndex.Options()
        options.isReadOnly = true
        index = LMDBIndex(directory: directory.index, options: options)
    }

    /// nil at the end; a portion may be empty.
    /// - Parameter listed: those that are not to be listed again.
    func next(except listed: Set<QueueID>) throws(IndexError) -> [UInt8]? {
        if listing == nil {
            try index.open()
            listing = IndexListing(index, matcher: matcher)
        }
        var encoder = ListingEncoder()
        var isEnd = true
        for _ in 0..<Self.pagesInPortion {
            guard let page = try listing?.page() else { break }
            isEnd = false
            for part in page where listed.isEmpty || !listed.contains(part.message.queueID) {
                encoder.append(part.message, isFirst: part.isFirst, isLast: part.isLast)
            }
        }
        return isEnd ? nil : encoder.take()
    }

    func close() {
        if listing != nil { index.close() }
    }
}
