/// The seam to the index: ordered tables of bytes, written in transactions by one thread. ``LMDBIndex`` on a machine,
/// ``MemoryIndex`` in the simulation.
///
/// A commit may be undone by a power cut until ``force()``; the transactions before it may not be torn.
/// *Failure:* throws ``IndexError``; the caller keeps its changes and tries again, or rebuilds when the index is damaged.
package protocol QueueIndex: AnyObject {
    /// Called once, when the queue's lock is held.
    func open() throws(IndexError)
    func read<R>(_ body: (any IndexReader) throws(IndexError) -> R) throws(IndexError) -> R
    /// All of `body`'s changes or none.
    func write(_ body: (any IndexWriter) throws(IndexError) -> Void) throws(IndexError)
    /// Makes every commit so far survive a power cut.
    func force() throws(IndexError)
    /// Empties every table, also of a damaged index.
    func reset() throws(IndexError)
    /// Frees what readers that died still hold. Each minute.
    func forgetDeadReaders() throws(IndexError)
    func close()
}

package enum IndexTable: UInt8, CaseIterable, Sendable {
    case meta, messages, recipients, due, sites, domains, queueIDs, segments, origins
}

package protocol IndexReader: AnyObject {
    func value(_ table: IndexTable, _ key: [UInt8]) throws(IndexError) -> [UInt8]?
    /// Rows with keys from `start` on in order, while `body` returns true.
    func scan(
        _ table: IndexTable, from start: [UInt8], _ body: (_ key: [UInt8], _ value: [UInt8]) throws(IndexError) -> Bool
    ) throws(IndexError)
    func count(_ table: IndexTable) throws(IndexError) -> Int
}

package protocol IndexWriter: IndexReader {
    func put(_ table: IndexTable, _ key: [UInt8], _ value: [UInt8]) throws(IndexError)
    func delete(_ table: IndexTable, _ key: [UInt8]) throws(IndexError)
}

package enum IndexError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The text is LMDB's or ours; nothing was changed.
    case failed(String)
    /// What is there cannot be believed: rebuild.
    case damaged(String)

    package var description: String {
        switch self {
        case .failed(let text): text
        case .damaged(let text): "damaged: \(text)"
        }
    }
}
