/// Cuts commands or replies out of a stream of bytes. The caller owns the buffer; this remembers only how far it has looked.
///
/// A line ends with LF, after a CR or without (as in Postfix; content has its own, stricter reader, ``ContentReader``).
/// *Failure:* a line over the limit is dropped up to its end and reported with its beginning, so that the dialogue stays in step.
package struct LineScanner: Sendable {
    package enum Scan: Equatable, Sendable {
        /// Remove this many bytes from the front of the buffer and come back when there is more.
        case incomplete(discard: Int)
        /// The line is the first `length` bytes; remove `consumed` (with its end).
        case line(length: Int, consumed: Int)
        /// A line over the limit has ended; remove `consumed`. `beginning` is what the limit allowed.
        case overlong(beginning: [UInt8], consumed: Int)
    }

    /// Octets of a line without its end (line_length_limit).
    private let limit: Int
    /// Bytes at the front of the buffer that hold no LF, so that input byte by byte costs no second look.
    private var examined = 0
    /// Set while the rest of a line over the limit is dropped.
    private var dropping: [UInt8]?

    package init(limit: Int) {
        precondition(limit > 0, "a line limit is positive")
        self.limit = limit
    }

    /// Looks at the front of the buffer: each call must present what the last one left, with new bytes only at the end.
    package mutating func next(_ bytes: Span<UInt8>) -> Scan {
        guard let end = bytes.firstIndex(of: .lineFeed, from: min(examined, bytes.count), to: bytes.count) else {
            return unfinished(bytes)
        }
        examined = 0
        if let beginning = dropping {
            dropping = nil
            return .overlong(beginning: beginning, consumed: end + 1)
        }
        let length = end > 0 && bytes[end - 1] == .carriageReturn ? end - 1 : end
        guard length <= limit else {
            return .overlong(beginning: Self.copy(bytes, limit), consumed: end + 1)
        }
        return .line(length: length, consumed: end + 1)
    }

    private mutating func unfinished(_ bytes: Span<UInt8>) -> Scan {
        if dropping != nil { return .incomplete(discard: bytes.count) }
        // One more than the limit may be the CR of a line that fits exactly.
        guard bytes.count > limit + 1 else {
            examined = bytes.count
            return .incomplete(discard: 0)
        }
        dropping = Self.copy(bytes, limit)
        examined = 0
        return .incomplete(discard: bytes.count)
    }

    private static func copy(_ bytes: Span<UInt8>, _ count: Int) -> [UInt8] {
        var copy: [UInt8] = []
        copy.reserveCapacity(count)
        for index in 0..<min(count, bytes.count) { copy.append(bytes[index]) }
        return copy
    }
}
