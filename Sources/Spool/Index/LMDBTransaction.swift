import CLMDB

/// One transaction of LMDB. Each value ends with a checksum over table, key and value: LMDB has none of its own.
@safe
final class LMDBTransaction: IndexWriter {
    private static let checksumLength = 4

    private let transaction: OpaquePointer
    private let tables: [MDB_dbi]

    init(_ transaction: OpaquePointer, tables: [MDB_dbi]) {
        unsafe self.transaction = transaction
        self.tables = tables
    }

    func value(_ table: IndexTable, _ key: [UInt8]) throws(IndexError) -> [UInt8]? {
        var stored: [UInt8]?
        let code = unsafe key.withUnsafeBytes { buffer in
            var key = unsafe MDB_val(buffer)
            var value = unsafe MDB_val()
            let code = unsafe mdb_get(transaction, tables[table], &key, &value)
            if code == MDB_SUCCESS { stored = unsafe value.bytes }
            return code
        }
        if code == MDB_NOTFOUND { return nil }
        try check(code, "get from \(table.name)")
        return try verified(stored ?? [], table, key)
    }

    func scan(
        _ table: IndexTable, from start: [UInt8], _ body: ([UInt8], [UInt8]) throws(IndexError) -> Bool
    ) throws(IndexError) {
        var cursor: OpaquePointer?
        try unsafe check(mdb_cursor_open(transaction, tables[table], &cursor), "cursor on \(table.name)")
        defer { unsafe mdb_cursor_close(cursor) }
        var position = start.isEmpty ? MDB_FIRST : MDB_SET_RANGE
        while let row = try unsafe row(cursor, position, start, table) {
            guard try body(row.key, try verified(row.value, table, row.key)) else { return }
            position = MDB_NEXT
        }
    }

    private func row(
        _ cursor: OpaquePointer?, _ position: MDB_cursor_op, _ start: [UInt8], _ table: IndexTable
    ) throws(IndexError) -> (key: [UInt8], value: [UInt8])? {
        var row: (key: [UInt8], value: [UInt8])?
        let code = unsafe start.withUnsafeBytes { buffer in
            var key = unsafe MDB_val(buffer)
            var value = unsafe MDB_val()
            let code = unsafe mdb_cursor_get(cursor, &key, &value, position)
            if code == MDB_SUCCESS { row = unsafe (key.bytes, value.bytes) }
            return code
        }
        if code == MDB_NOTFOUND { return nil }
        try check(code, "scan of \(table.name)")
        return row
    }

    func count(_ table: IndexTable) throws(IndexError) -> Int {
        var statistics = MDB_stat()
        try unsafe check(mdb_stat(transaction, tables[table], &statistics), "count of \(table.name)")
        return Int(statistics.ms_entries)
    }

    func put(_ table: IndexTable, _ key: [UInt8], _ value: [UInt8]) throws(IndexError) {
        let checksum = Self.checksum(table, key, value, value.count)
        var stored = value
        for byte in 0..<Self.checksumLength { stored.append(UInt8(truncatingIfNeeded: checksum >> UInt32(byte * 8))) }
        let code = unsafe key.withUnsafeBytes { keyBuffer in
            unsafe stored.withUnsafeBytes { valueBuffer in
                var key = unsafe MDB_val(keyBuffer)
                var value = unsafe MDB_val(valueBuffer)
                return unsafe mdb_put(transaction, tables[table], &key, &value, 0)
            }
        }
        try check(code, "put into \(table.name)")
    }

    func delete(_ table: IndexTable, _ key: [UInt8]) throws(IndexError) {
        let code = unsafe key.withUnsafeBytes { buffer in
            var key = unsafe MDB_val(buffer)
            return unsafe mdb_del(transaction, tables[table], &key, nil)
        }
        if code != MDB_NOTFOUND { try check(code, "delete from \(table.name)") }
    }

    private func verified(_ stored: [UInt8], _ table: IndexTable, _ key: [UInt8]) throws(IndexError) -> [UInt8] {
        guard stored.count >= Self.checksumLength else { throw .damaged("a value of \(table.name) is cut off") }
        let length = stored.count - Self.checksumLength
        let checksum = stored.suffix(Self.checksumLength).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        guard checksum == Self.checksum(table, key, stored, length) else {
            throw .damaged("a value of \(table.name) fails its checksum")
        }
        return Array(stored[..<length])
    }

    private static func checksum(_ table: IndexTable, _ key: [UInt8], _ value: [UInt8], _ length: Int) -> UInt32 {
        Checksum.crc(value, 0..<length, seed: Checksum.crc(key, seed: UInt32(table.rawValue)))
    }
}

extension Array where Element == MDB_dbi {
    subscript(table: IndexTable) -> MDB_dbi { self[Int(table.rawValue)] }
}

extension MDB_val {
    /// LMDB reads keys and values through this but never writes to them.
    init(_ buffer: UnsafeRawBufferPointer) {
        unsafe self.init(mv_size: buffer.count, mv_data: UnsafeMutableRawPointer(mutating: buffer.baseAddress))
    }

    var bytes: [UInt8] {
        guard let data = unsafe mv_data, unsafe mv_size > 0 else { return [] }
        return unsafe Array(UnsafeRawBufferPointer(start: data, count: mv_size))
    }
}
