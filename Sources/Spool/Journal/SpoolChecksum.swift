import CPlatform
import Mail

/// CRC-32C as the journal, the done lists and the index use it: seeded with what the bytes belong to, so that bytes in a wrong
/// place do not pass.
enum SpoolChecksum {
    static func of(_ bytes: some Sequence<UInt8>, seed: UInt32 = 0) -> UInt32 {
        bytes.withContiguousStorageIfAvailable { buffer in
            unsafe martlet_crc32c(seed, buffer.baseAddress, buffer.count)
        } ?? of(Array(bytes)[...], seed: seed)
    }

    /// For bytes at `offset` of the file with this nonce.
    static func seeded(_ nonce: SegmentNonce, _ offset: UInt64, _ bytes: ArraySlice<UInt8>) -> UInt32 {
        var context = ByteWriter(capacity: 24)
        context.write(nonce.high)
        context.write(nonce.low)
        context.write(offset)
        return of(bytes, seed: of(context.bytes))
    }
}
