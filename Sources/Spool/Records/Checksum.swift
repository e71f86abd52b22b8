internal import CPlatform
package import Mail

/// CRC-32C, always seeded: with a file's random nonce, the place in it and what part it covers, so that neither stale blocks nor
/// a record planted in somebody's message can pass for one (pitfalls S4).
package enum Checksum {
    package enum Part: UInt64, Sendable { case header = 1, envelope, headerBlock, body, events }

    package static func seed(_ nonce: SegmentNonce, offset: UInt64, part: Part) -> UInt32 {
        let words = (nonce.high.littleEndian, nonce.low.littleEndian, offset.littleEndian, part.rawValue.littleEndian)
        return unsafe withUnsafeBytes(of: words) { unsafe martlet_crc32c(0, $0.baseAddress, $0.count) }
    }

    /// Continues from `seed`, which may be an earlier result.
    package static func crc(_ bytes: [UInt8], seed: UInt32) -> UInt32 {
        unsafe bytes.withUnsafeBytes { unsafe martlet_crc32c(seed, $0.baseAddress, $0.count) }
    }

    package static func crc(_ bytes: [UInt8], _ range: Range<Int>, seed: UInt32) -> UInt32 {
        precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count, "a checksum of bytes that are not there")
        return unsafe bytes.withUnsafeBytes {
            let part = unsafe UnsafeRawBufferPointer(rebasing: $0[range])
            return unsafe martlet_crc32c(seed, part.baseAddress, part.count)
        }
    }
}
