internal import Mail
internal import Spool

/// The index read page by page, on threads that may block; one page at a time.
///
/// *Failure:* throws when the index cannot be opened or read.
final class IndexPages: @unchecked Sendable {
    private let index: LMDBIndex
    private let matcher: QueueMatcher?
    private var listing: IndexListing?

    init(directory: SpoolDirectory, matcher: QueueMatcher?) {
        self.matcher = matcher
        var options = LMDBIndex.Options()
        options.isReadOnly = true
        index = LMDBIndex(directory: directory.index, options: options)
    }

    /// nil at the end.
    func next() throws(IndexError) -> [ListedPart]? {
        if listing == nil {
            try index.open()
            listing = IndexListing(index, matcher: matcher)
        }
        return try listing?.page()
    }

    func close() {
        if listing != nil { index.close() }
    }
}
