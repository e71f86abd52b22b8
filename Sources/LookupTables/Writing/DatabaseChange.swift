internal import CLMDB
package import Configuration
internal import Glibc
internal import Platform

/// A made table as a whole: read, changed and put in place again (postmap -s, -d, -i, -r).
///
/// *Failure:* throws, and the table is as it was.
extension DatabaseFile {
    package struct Pair: Equatable, Sendable {
        package var key: String
        package var value: String
        package init(_ key: String, _ value: String) {
            self.key = key
            self.value = value
        }
    }

    /// What is in a text of this form.
    package static func pairs(in bytes: [UInt8], file: String, form: Form, warn: LookupTables.Warn) -> [Pair] {
        let entries =
            switch form {
            case .map: TableText.entries(bytes, file: file, warn: warn)
            case .aliases: TableText.aliases(bytes, file: file, warn: warn)
            }
        return entries.map { Pair($0.key, $0.value) }
    }

    /// Every entry of `path.lmdb`, by key.
    package static func pairs(of path: String) throws(ConfigurationError) -> [Pair] {
        let file = path + suffix
        guard unsafe access(file, R_OK) == 0 else {
            throw ConfigurationError("open database \(file): \(errorText(errno))")
        }
        var environment: OpaquePointer?
        guard unsafe mdb_env_create(&environment) == 0, let environment = unsafe environment else {
            throw failure("open", file, ENOMEM)
        }
        defer { unsafe mdb_env_close(environment) }
        var code = unsafe mdb_env_open(environment, file, UInt32(MDB_NOSUBDIR | MDB_RDONLY | MDB_NOLOCK), 0)
        guard code == 0 else { throw failure("open", file, code) }
        var transaction: OpaquePointer?
        code = unsafe mdb_txn_begin(environment, nil, UInt32(MDB_RDONLY), &transaction)
        guard code == 0, let transaction = unsafe transaction else { throw failure("begin", file, code) }
        defer { unsafe mdb_txn_abort(transaction) }
        var database: MDB_dbi = 0
        var cursor: OpaquePointer?
        code = unsafe mdb_dbi_open(transaction, nil, 0, &database)
        if code == 0 { code = unsafe mdb_cursor_open(transaction, database, &cursor) }
        guard code == 0, let cursor = unsafe cursor else { throw failure("read", file, code) }
        defer { unsafe mdb_cursor_close(cursor) }
        var pairs: [Pair] = []
        var key = unsafe MDB_val()
        var value = unsafe MDB_val()
        code = unsafe mdb_cursor_get(cursor, &key, &value, MDB_FIRST)
        while code == 0 {
            pairs.append(unsafe Pair(text(key), text(value)))
            code = unsafe mdb_cursor_get(cursor, &key, &value, MDB_NEXT)
        }
        guard code == MDB_NOTFOUND else { throw failure("read", file, code) }
        return pairs
    }

    /// Puts a table of these entries in the place of `path.lmdb`; of two with one key the first counts.
    package static func replace(_ path: String, with pairs: [Pair], warn: LookupTables.Warn) throws(ConfigurationError) {
        let target = path + suffix
        let temporary = "\(target).\(getpid()).new"
        _ = unsafe unlink(temporary)
        do throws(ConfigurationError) {
            let size = pairs.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count + 64 }
            let entries = pairs.map { TableText.Entry(key: $0.key, value: $0.value, line: 0) }
            let like = unsafe access(path, F_OK) == 0 ? path : target
            try write(entries, to: temporary, like: like, size: size, source: path, warn: warn)
            guard unsafe rename(temporary, target) == 0 else { throw failure("rename", target, errno) }
        } catch {
            _ = unsafe unlink(temporary)
            throw error
        }
        syncDirectory(of: target)
    }

    private static func text(_ value: MDB_val) -> String {
        var bytes = unsafe UnsafeRawBufferPointer(start: value.mv_data, count: value.mv_size)[...]
        // Some writers of Postfix end keys and values with a null byte.
        if unsafe bytes.last == 0 { unsafe bytes = bytes.dropLast() }
        return unsafe String(decoding: bytes, as: UTF8.self)
    }
}
