import CLMDB
package import Platform

/// The index on a machine: one LMDB environment in `index/`.
///
/// Commits are synced but for the meta page (MDB_NOMETASYNC): a power cut undoes the last one at most, and tears none. Never
/// MDB_NOSYNC, nor MDB_WRITEMAP (a full disk would be a SIGBUS).
/// *Failure:* an environment that LMDB refuses, or a value whose checksum does not hold, is ``IndexError/damaged(_:)``.
@safe
package final class LMDBIndex: QueueIndex {
    package struct Options: Sendable {
        /// Address space, not disk: reserved at once, since it cannot grow under readers.
        package var mapSize = 64 << 30
        /// For showq and tools: no table is created, no write is possible.
        package var isReadOnly = false
        /// Told while pages of the index are looked at: should they end the process, master knows.
        package var breadcrumb: Breadcrumb?
        package init() {}
    }

    private let directory: String
    private let options: Options
    private var environment: OpaquePointer?
    private var tables: [MDB_dbi] = []

    /// - Parameter directory: `index/`, which must exist.
    package init(directory: String, options: Options = Options()) {
        self.directory = directory
        self.options = options
    }

    package func open() throws(IndexError) {
        precondition(unsafe environment == nil, "an index is opened once")
        options.breadcrumb?.helper(.index)
        defer { options.breadcrumb?.helper(.nothing) }
        var made: OpaquePointer?
        try unsafe check(mdb_env_create(&made), "create")
        unsafe environment = made
        do throws(IndexError) {
            try unsafe check(mdb_env_set_mapsize(environment, options.mapSize), "map size")
            try unsafe check(mdb_env_set_maxdbs(environment, MDB_dbi(IndexTable.allCases.count)), "tables")
            var flags = UInt32(MDB_NOMETASYNC) | UInt32(MDB_NOTLS)
            if options.isReadOnly { flags |= UInt32(MDB_RDONLY) }
            try unsafe check(mdb_env_open(environment, directory, flags, 0o600), "open \(directory)")
            try openTables()
        } catch {
            close()
            throw error
        }
    }

    private func openTables() throws(IndexError) {
        var handles: [MDB_dbi] = []
        try unsafe transaction(isReadOnly: options.isReadOnly) { transaction throws(IndexError) in
            for table in IndexTable.allCases {
                var handle: MDB_dbi = 0
                let flags = options.isReadOnly ? 0 : UInt32(MDB_CREATE)
                try unsafe check(mdb_dbi_open(transaction, table.name, flags, &handle), "table \(table.name)")
                handles.append(handle)
            }
        }
        tables = handles
    }

    package func read<R>(_ body: (any IndexReader) throws(IndexError) -> R) throws(IndexError) -> R {
        try unsafe transaction(isReadOnly: true) { transaction throws(IndexError) in
            try body(unsafe LMDBTransaction(transaction, tables: tables))
        }
    }

    package func write(_ body: (any IndexWriter) throws(IndexError) -> Void) throws(IndexError) {
        try unsafe transaction(isReadOnly: false) { transaction throws(IndexError) in
            try body(unsafe LMDBTransaction(transaction, tables: tables))
        }
    }

    private func transaction<R>(
        isReadOnly: Bool, _ body: (OpaquePointer) throws(IndexError) -> R
    ) throws(IndexError) -> R {
        guard let environment = unsafe environment else { throw .failed("not open") }
        options.breadcrumb?.helper(.index)
        defer { options.breadcrumb?.helper(.nothing) }
        var transaction: OpaquePointer?
        try unsafe check(
            mdb_txn_begin(environment, nil, isReadOnly ? UInt32(MDB_RDONLY) : 0, &transaction), "begin")
        guard let transaction = unsafe transaction else { throw .failed("no transaction") }
        let result: R
        do throws(IndexError) {
            result = try unsafe body(transaction)
        } catch {
            unsafe mdb_txn_abort(transaction)
            throw error
        }
        // A read transaction ends here too: its pages may be reused.
        if isReadOnly && !tables.isEmpty {
            unsafe mdb_txn_abort(transaction)
        } else {
            try unsafe check(mdb_txn_commit(transaction), "commit")
        }
        return result
    }

    package func force() throws(IndexError) { try unsafe check(mdb_env_sync(environment, 1), "sync") }

    package func reset() throws(IndexError) {
        close()
        let files = POSIXFileSystem()
        for name in ["data.mdb", "lock.mdb"] {
            do {
                try files.unlink(directory + "/" + name)
            } catch {
                guard error.isMissing else { throw .failed(error.description) }
            }
        }
        try open()
    }

    package func forgetDeadReaders() throws(IndexError) {
        var dead: Int32 = 0
        try unsafe check(mdb_reader_check(environment, &dead), "reader check")
    }

    package func close() {
        if let environment = unsafe environment { unsafe mdb_env_close(environment) }
        unsafe environment = nil
        tables = []
    }

    deinit { close() }
}

/// Errors that no retry mends: the environment has to be built anew.
private let damageCodes: Set<Int32> = [
    MDB_CORRUPTED, MDB_PAGE_NOTFOUND, MDB_PANIC, MDB_VERSION_MISMATCH, MDB_INVALID, MDB_INCOMPATIBLE, MDB_NOTFOUND,
    MDB_BAD_DBI, MDB_BAD_VALSIZE,
]

func check(_ code: Int32, _ what: @autoclosure () -> String) throws(IndexError) {
    guard code != MDB_SUCCESS else { return }
    let text = unsafe what() + ": " + String(cString: mdb_strerror(code))
    throw damageCodes.contains(code) ? .damaged(text) : .failed(text)
}

extension IndexTable {
    var name: String {
        switch self {
        case .meta: "meta"
        case .messages: "messages"
        case .recipients: "recipients"
        case .due: "due"
        case .sites: "sites"
        case .domains: "domains"
        case .queueIDs: "queue_ids"
        case .segments: "segments"
        case .origins: "origins"
        }
    }
}
