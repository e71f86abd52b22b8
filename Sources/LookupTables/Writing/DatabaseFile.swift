internal import CLMDB
package import Configuration
internal import Glibc
internal import Platform

/// Makes `name.lmdb` from the text file `name`, as postmap(1) and postalias(1) do.
///
/// The new file is written beside the old one, synced, and takes its place at once: a reader sees the old table or the new one.
/// *Failure:* throws and leaves the old file as it was. Lines that are wrong, and second entries of a key, are left out; `warn`
/// is told.
package enum DatabaseFile {
    package static let suffix = ".lmdb"
    /// LMDB's limit; a longer key is left out with a warning.
    static let maximumKey = 511

    package enum Form: Sendable {
        /// `key value` lines.
        case map
        /// `name: value` lines, aliases(5).
        case aliases
    }

    /// - Returns: how many entries the new table has.
    @discardableResult
    package static func make(
        from path: String, form: Form, warn: LookupTables.Warn = { _ in }
    ) throws(ConfigurationError) -> Int {
        let bytes: [UInt8]
        do {
            bytes = try WholeFile.read(path)
        } catch {
            throw ConfigurationError("cannot be read: \(errorText(error.code))", file: path)
        }
        let entries =
            switch form {
            case .map: TableText.entries(bytes, file: path, warn: warn)
            case .aliases: TableText.aliases(bytes, file: path, warn: warn)
            }
        let target = path + suffix
        let temporary = "\(target).\(getpid()).new"
        _ = unsafe unlink(temporary)
        do throws(ConfigurationError) {
            try write(entries, to: temporary, like: path, size: bytes.count, source: path, warn: warn)
            guard unsafe rename(temporary, target) == 0 else { throw failure("rename", target, errno) }
        } catch {
            _ = unsafe unlink(temporary)
            throw error
        }
        syncDirectory(of: target)
        return entries.count
    }

    /// `type:name` → `name`; throws when tables of this type are not made from a text.
    package static func path(_ specification: String, defaultType: String) throws(ConfigurationError) -> String {
        let (type, name) = try LookupTables.split(specification, defaultType: defaultType)
        guard ["hash", "btree", "lmdb", "dbm", "cdb"].contains(type) else {
            throw ConfigurationError("\(specification): a table of type \(type) is not made from a text file")
        }
        return name
    }

    static func write(
        _ entries: [TableText.Entry], to file: String, like path: String, size: Int, source: String, warn: LookupTables.Warn
    ) throws(ConfigurationError) {
        var environment: OpaquePointer?
        guard unsafe mdb_env_create(&environment) == 0, let environment = unsafe environment else {
            throw failure("create", file, ENOMEM)
        }
        defer { unsafe mdb_env_close(environment) }
        // A reservation of address space; the file grows only as far as it is used.
        unsafe mdb_env_set_mapsize(environment, max(64 << 20, size.multipliedSaturating(by: 16)))
        var code = unsafe mdb_env_open(environment, file, UInt32(MDB_NOSUBDIR | MDB_NOLOCK), 0o644)
        guard code == 0 else { throw failure("open", file, code) }
        var transaction: OpaquePointer?
        code = unsafe mdb_txn_begin(environment, nil, 0, &transaction)
        guard code == 0, let transaction = unsafe transaction else { throw failure("begin", file, code) }
        var database: MDB_dbi = 0
        code = unsafe mdb_dbi_open(transaction, nil, 0, &database)
        for entry in entries where code == 0 {
            let key = Array(entry.key.utf8)
            guard key.count < maximumKey else {
                warn("\(source), line \(entry.line): a key of \(key.count) bytes is too long: the limit is \(maximumKey - 1)")
                continue
            }
            code = unsafe put(key, Array(entry.value.utf8), transaction, database)
            if code == MDB_KEYEXIST {
                warn("\(source), line \(entry.line): duplicate entry: \"\(entry.key)\"; the first one counts")
                code = 0
            }
        }
        guard code == 0 else {
            unsafe mdb_txn_abort(transaction)
            throw failure("write", file, code)
        }
        code = unsafe mdb_txn_commit(transaction)
        guard code == 0 else { throw failure("write", file, code) }
        copyOwner(from: path, to: file)
    }

    private static func put(
        _ key: [UInt8], _ value: [UInt8], _ transaction: OpaquePointer, _ database: MDB_dbi
    ) -> Int32 {
        unsafe key.withUnsafeBytes { key in
            unsafe value.withUnsafeBytes { value in
                var name = unsafe MDB_val(mv_size: key.count, mv_data: UnsafeMutableRawPointer(mutating: key.baseAddress))
                var data = unsafe MDB_val(mv_size: value.count, mv_data: UnsafeMutableRawPointer(mutating: value.baseAddress))
                return unsafe mdb_put(transaction, database, &name, &data, UInt32(MDB_NOOVERWRITE))
            }
        }
    }

    /// The table is as readable as its text, and belongs to the same user, so that one who may change the text may remake it.
    private static func copyOwner(from path: String, to file: String) {
        var source = stat()
        guard unsafe stat(path, &source) == 0 else { return }
        if geteuid() == 0 { _ = unsafe chown(file, source.st_uid, source.st_gid) }
        _ = unsafe chmod(file, source.st_mode & 0o666)
    }

    static func syncDirectory(of file: String) {
        let directory = file.lastIndex(of: "/").map { $0 == file.startIndex ? "/" : String(file[..<$0]) } ?? "."
        // The table is there; only a power cut now could bring the old one back.
        try? POSIXFileSystem().syncDirectory(directory)
    }

    static func failure(_ operation: String, _ file: String, _ code: Int32) -> ConfigurationError {
        ConfigurationError("\(operation): \(lmdbText(code))", file: file)
    }
}

extension Int {
    fileprivate func multipliedSaturating(by factor: Int) -> Int {
        let (product, overflow) = multipliedReportingOverflow(by: factor)
        return overflow ? Int.max : product
    }
}
