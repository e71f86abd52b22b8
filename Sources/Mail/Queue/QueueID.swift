/// A queue ID in Postfix's long form: seconds in base 52 (at least six digits), microseconds in four digits of base 52,
/// `z`, and a unique number in base 51 (Postfix: the inode; here a number leased from master and a counter).
///
/// Never contains a vowel, so that no word can arise.
package struct QueueID: Hashable, Sendable, CustomStringConvertible {
    package static let maximumLength = 32
    package let description: String

    /// Parses what a person or another program gave; nil unless letters and digits only, 1 to ``maximumLength``.
    package init?(_ text: some StringProtocol) {
        let bytes = text.utf8
        guard (1...Self.maximumLength).contains(bytes.count),
            bytes.allSatisfy({ $0.isASCIIDigit || ($0 | 0x20 >= UInt8(ascii: "a") && $0 | 0x20 <= UInt8(ascii: "z")) })
        else { return nil }
        description = String(text)
    }

    /// - Parameters:
    ///   - microseconds: wall clock since 1970.
    ///   - unique: never repeated for this spool (lease number above, counter below).
    package init(microseconds: Int64, unique: UInt64) {
        precondition(microseconds >= 0, "the wall clock is before 1970")
        let seconds = UInt64(microseconds) / 1_000_000
        let fraction = UInt64(microseconds) % 1_000_000
        var bytes: [UInt8] = []
        bytes.reserveCapacity(20)
        Self.append(seconds, base: 52, width: 6, to: &bytes)
        Self.append(fraction, base: 52, width: 4, to: &bytes)
        bytes.append(UInt8(ascii: "z"))
        Self.append(unique, base: 51, width: 1, to: &bytes)
        description = String(decoding: bytes, as: UTF8.self)
    }

    private static let alphabet = Array("0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz".utf8)

    private static func append(_ value: UInt64, base: UInt64, width: Int, to bytes: inout [UInt8]) {
        let start = bytes.count
        var rest = value
        while rest > 0 || bytes.count - start < width {
            bytes.append(alphabet[Int(rest % base)])
            rest /= base
        }
        bytes[start...].reverse()
    }
}

/// A place in the spool: the record at `offset` of a segment. Numbers are never reused; the nonce tells segments of the same
/// number apart in a restored spool.
package struct RecordLocation: Hashable, Sendable {
    package var segment: UInt64
    package var nonce: SegmentNonce
    package var offset: UInt64

    package init(segment: UInt64, nonce: SegmentNonce, offset: UInt64) {
        self.segment = segment
        self.nonce = nonce
        self.offset = offset
    }
}

/// The random 128 bits in a segment's header.
package struct SegmentNonce: Hashable, Sendable {
    package var high: UInt64
    package var low: UInt64
    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }
}

/// A run of content bytes in a file of the spool, with its seeded CRC-32C (the seed is known to the writer of the file only
/// through `seed`, so an agent needs no record to check what it sends).
package struct ContentExtent: Hashable, Sendable {
    package var offset: UInt64
    package var length: UInt64
    package var crc: UInt32
    package var seed: UInt32
    package init(offset: UInt64, length: UInt64, crc: UInt32, seed: UInt32) {
        self.offset = offset
        self.length = length
        self.crc = crc
        self.seed = seed
    }
}

/// Where an agent finds a message's content: the file relative to queue_directory, then header block and body.
package struct ContentLocation: Hashable, Sendable {
    package var file: String
    package var header: ContentExtent
    /// In `bodyFile` when that is given (large contents), else in `file`.
    package var body: ContentExtent
    package var bodyFile: String?
    /// Whether any line begins with a dot (then SMTP must stuff).
    package var hasDotLines: Bool

    package init(file: String, header: ContentExtent, body: ContentExtent, bodyFile: String?, hasDotLines: Bool) {
        self.file = file
        self.header = header
        self.body = body
        self.bodyFile = bodyFile
        self.hasDotLines = hasDotLines
    }

    /// Bytes in wire form (CRLF), as SIZE and the log count them.
    package var size: UInt64 { header.length &+ body.length }
}
