import Mail

/// Keys of the index: ordinals in big-endian order, so that LMDB sorts them as numbers, and digests of what may be long.
enum IndexKeys {
    static func message(_ key: RecordKey) -> [UInt8] { bigEndian(key.segment, key.offset) }

    static func recipient(_ key: RecordKey, _ ordinal: UInt32) -> [UInt8] {
        var bytes = message(key)
        unsafe withUnsafeBytes(of: ordinal.bigEndian) { unsafe bytes.append(contentsOf: $0) }
        return bytes
    }

    static func due(_ seconds: Int64, _ key: RecordKey) -> [UInt8] { bigEndian(sortable(seconds), key.segment, key.offset) }

    static func dueStart(_ seconds: Int64) -> [UInt8] { bigEndian(sortable(seconds)) }

    static func digest(_ digest: UInt64, _ key: RecordKey) -> [UInt8] { bigEndian(digest, key.segment, key.offset) }

    static func prefix(_ digest: UInt64) -> [UInt8] { bigEndian(digest) }

    static func segment(_ number: UInt64) -> [UInt8] { bigEndian(number) }

    /// The record at the end of a key of `messages`, `due`, `sites`, `domains` or `queueIDs`.
    static func record(in key: [UInt8]) -> RecordKey? {
        guard key.count >= 16 else { return nil }
        let tail = key.suffix(16)
        return RecordKey(segment: number(tail.prefix(8)), offset: number(tail.suffix(8)))
    }

    static func dueTime(in key: [UInt8]) -> Int64? {
        guard key.count == 24 else { return nil }
        return Int64(bitPattern: number(key.prefix(8)) ^ 1 << 63)
    }

    static func ordinal(in key: [UInt8]) -> UInt32? {
        guard key.count == 20 else { return nil }
        return UInt32(number(key.suffix(4)))
    }

    /// The segment that a key of `segments` names.
    static func number(_ bytes: some Sequence<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }

    /// Site names, domains and queue IDs may exceed LMDB's 511 bytes.
    static func digest(of text: some StringProtocol) -> UInt64 { QueueDigest.of(text) }

    /// Times before 1970 sort first.
    private static func sortable(_ seconds: Int64) -> UInt64 { UInt64(bitPattern: seconds) ^ 1 << 63 }

    private static func bigEndian(_ numbers: UInt64...) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(numbers.count * 8)
        for number in numbers { unsafe withUnsafeBytes(of: number.bigEndian) { unsafe bytes.append(contentsOf: $0) } }
        return bytes
    }
}
