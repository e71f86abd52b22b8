/// The index of the simulation: a box whose last commits are kept or lost at a power cut, whole.
package final class MemoryIndex: QueueIndex {
    private typealias Tables = [[IndexKey: [UInt8]]]

    private struct IndexKey: Hashable, Comparable {
        var bytes: [UInt8]
        static func < (left: IndexKey, right: IndexKey) -> Bool { left.bytes.lexicographicallyPrecedes(right.bytes) }
    }

    private var tables: Tables
    private var forced: Tables
    /// The next commits fail with this (a full disk).
    package var failure: IndexError?

    package init() {
        tables = Tables(repeating: [:], count: IndexTable.allCases.count)
        forced = tables
    }

    package func open() throws(IndexError) { if let failure { throw failure } }

    package func read<R>(_ body: (any IndexReader) throws(IndexError) -> R) throws(IndexError) -> R {
        try body(Transaction(tables))
    }

    package func write(_ body: (any IndexWriter) throws(IndexError) -> Void) throws(IndexError) {
        if let failure { throw failure }
        let transaction = Transaction(tables)
        try body(transaction)
        tables = transaction.tables
    }

    package func force() throws(IndexError) {
        if let failure { throw failure }
        forced = tables
    }

    package func reset() throws(IndexError) {
        tables = Tables(repeating: [:], count: IndexTable.allCases.count)
        forced = tables
    }

    /// What a power cut does: the commits since the last ``force()`` are kept or lost.
    package func cutPower(keepingCommits: Bool) {
        if keepingCommits { forced = tables } else { tables = forced }
    }

    /// A copy of the files, as a backup has it.
    package func copy() -> MemoryIndex {
        let copy = MemoryIndex()
        copy.restore(self)
        return copy
    }

    package func restore(_ other: MemoryIndex) {
        tables = other.tables
        forced = other.tables
    }

    package func forgetDeadReaders() throws(IndexError) {}

    package func close() {}

    /// Every row, for comparing two states.
    package var rows: [IndexTable: [[UInt8]: [UInt8]]] {
        var rows: [IndexTable: [[UInt8]: [UInt8]]] = [:]
        for table in IndexTable.allCases {
            rows[table] = Dictionary(uniqueKeysWithValues: tables[Int(table.rawValue)].map { ($0.key.bytes, $0.value) })
        }
        return rows
    }

    private final class Transaction: IndexWriter {
        var tables: Tables
        init(_ tables: Tables) { self.tables = tables }

        func value(_ table: IndexTable, _ key: [UInt8]) throws(IndexError) -> [UInt8]? {
            tables[Int(table.rawValue)][IndexKey(bytes: key)]
        }

        func scan(
            _ table: IndexTable, from start: [UInt8], _ body: ([UInt8], [UInt8]) throws(IndexError) -> Bool
        ) throws(IndexError) {
            let first = IndexKey(bytes: start)
            for (key, value) in tables[Int(table.rawValue)].filter({ $0.key >= first }).sorted(by: { $0.key < $1.key }) {
                guard try body(key.bytes, value) else { return }
            }
        }

        func count(_ table: IndexTable) throws(IndexError) -> Int { tables[Int(table.rawValue)].count }

        func put(_ table: IndexTable, _ key: [UInt8], _ value: [UInt8]) throws(IndexError) {
            tables[Int(table.rawValue)][IndexKey(bytes: key)] = value
        }

        func delete(_ table: IndexTable, _ key: [UInt8]) throws(IndexError) {
            tables[Int(table.rawValue)][IndexKey(bytes: key)] = nil
        }
    }
}
