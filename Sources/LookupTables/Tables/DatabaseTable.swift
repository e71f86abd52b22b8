internal import CLMDB
internal import Configuration
internal import Glibc
internal import Platform
internal import Synchronization

/// `hash:name`, `btree:name`, `lmdb:name`: an LMDB file `name.lmdb` that `martlet map` or newaliases made.
///
/// The file is never changed in place by the writer, but replaced: one read transaction serves as long as the process lives,
/// and lookups make no system calls. *Failure:* a damaged file is a temporary failure for each lookup in it.
final class DatabaseTable: LookupTable {
    let name: String
    let hasFixedKeys = true
    private let handle: Mutex<Handle>

    /// Safe to hold: used under the lock only, freed once.
    @safe private struct Handle: @unchecked Sendable {
        let environment: OpaquePointer
        let transaction: OpaquePointer
        let database: MDB_dbi
    }

    private init(name: String, handle: Handle) {
        self.name = name
        self.handle = Mutex(handle)
    }

    deinit {
        handle.withLock { handle in
            unsafe mdb_txn_abort(handle.transaction)
            unsafe mdb_env_close(handle.environment)
        }
    }

    func lookup(_ key: String) throws(LookupError) -> String? {
        // Postfix's writer ends keys and values with a null byte on some systems; so it asks for both forms.
        var bytes = Array(key.foldedKey.utf8)
        guard !bytes.isEmpty, bytes.count < DatabaseFile.maximumKey else { return nil }
        if let value = try find(bytes) { return value }
        bytes.append(0)
        return try find(bytes)
    }

    private func find(_ key: [UInt8]) throws(LookupError) -> String? {
        let (code, value) = handle.withLock { handle in
            unsafe key.withUnsafeBytes { bytes -> (Int32, String?) in
                var wanted = unsafe MDB_val(mv_size: bytes.count, mv_data: UnsafeMutableRawPointer(mutating: bytes.baseAddress))
                var found = unsafe MDB_val()
                let code = unsafe mdb_get(handle.transaction, handle.database, &wanted, &found)
                guard code == 0 else { return (code, nil) }
                var text = unsafe UnsafeRawBufferPointer(start: found.mv_data, count: found.mv_size)[...]
                if unsafe text.last == 0 { unsafe text = text.dropLast() }
                return (0, unsafe String(decoding: text, as: UTF8.self))
            }
        }
        switch code {
        case 0: return value
        case MDB_NOTFOUND: return nil
        default: throw LookupError(table: name, message: lmdbText(code))
        }
    }

    static func open(type: String, path: String, warn: LookupTables.Warn) throws(ConfigurationError) -> any LookupTable {
        let name = "\(type):\(path)"
        let file = path + DatabaseFile.suffix
        OpenedTables.note(name, path: file)
        func unavailable(_ reason: String) -> UnavailableTable {
            warn("\(name) is unavailable. \(reason)")
            return UnavailableTable(name: name, reason: reason)
        }
        guard unsafe access(file, F_OK) == 0 else {
            let hint =
                unsafe access(path, F_OK) == 0
                ? "run \"martlet map \(path)\" (newaliases for an alias file) to make it" : "\(path) is not there either"
            return unavailable("open database \(file): No such file or directory; \(hint)")
        }
        warnIfOlder(file, than: path, warn: warn)
        var environment: OpaquePointer?
        guard unsafe mdb_env_create(&environment) == 0, let environment = unsafe environment else {
            return unavailable("open database \(file): out of memory")
        }
        var transaction: OpaquePointer?
        var database: MDB_dbi = 0
        let flags = UInt32(MDB_NOSUBDIR | MDB_RDONLY | MDB_NOLOCK | MDB_NOTLS)
        var code = unsafe mdb_env_open(environment, file, flags, 0)
        if code == 0 { code = unsafe mdb_txn_begin(environment, nil, UInt32(MDB_RDONLY), &transaction) }
        if code == 0, let transaction = unsafe transaction { code = unsafe mdb_dbi_open(transaction, nil, 0, &database) }
        guard code == 0, let transaction = unsafe transaction else {
            if let transaction = unsafe transaction { unsafe mdb_txn_abort(transaction) }
            unsafe mdb_env_close(environment)
            return unavailable("open database \(file): \(lmdbText(code))")
        }
        return unsafe DatabaseTable(
            name: name, handle: Handle(environment: environment, transaction: transaction, database: database))
    }

    private static func warnIfOlder(_ file: String, than source: String, warn: LookupTables.Warn) {
        var made = stat()
        var text = stat()
        guard unsafe stat(file, &made) == 0, unsafe stat(source, &text) == 0 else { return }
        // As in Postfix: an edit in this very second is being worked on.
        if text.st_mtim.tv_sec > made.st_mtim.tv_sec + 1 { warn("database \(file) is older than source file \(source)") }
    }
}

/// The text of an error code of LMDB or the system.
func lmdbText(_ code: Int32) -> String { unsafe String(cString: mdb_strerror(code)) }
