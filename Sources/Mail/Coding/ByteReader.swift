/// Bytes that are not what their reader expected. The text is for the log.
package struct DecodingFailure: Error, Equatable, Sendable, CustomStringConvertible {
    package var description: String
    package init(_ description: String) { self.description = description }
}

/// Reads what ``ByteWriter`` wrote, from an array that it does not copy.
///
/// *Failure:* throws ``DecodingFailure`` on anything short, over-long or unknown; it never traps.
package struct ByteReader: Sendable {
    private let bytes: [UInt8]
    private var position: Int
    private let end: Int

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
        position = 0
        end = bytes.count
    }

    package init(_ slice: ArraySlice<UInt8>) { self.init(Array(slice)) }

    private init(_ bytes: [UInt8], from position: Int, to end: Int) {
        self.bytes = bytes
        self.position = position
        self.end = end
    }

    package var remaining: Int { end - position }

    package mutating func read<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type = T.self) throws(DecodingFailure) -> T {
        let size = T.bitWidth / 8
        guard remaining >= size else { throw DecodingFailure("\(size) bytes expected, \(remaining) left") }
        let value = unsafe bytes.withUnsafeBytes { unsafe $0.loadUnaligned(fromByteOffset: position, as: T.self) }
        position += size
        return T(littleEndian: value)
    }

    /// Reads what ``ByteWriter/writePrefixed(_:)`` wrote, with a reader of its own over the same bytes.
    package mutating func readPrefixed() throws(DecodingFailure) -> ByteReader {
        let count = Int(try read(UInt32.self))
        guard count <= remaining else { throw DecodingFailure("\(count) bytes expected, \(remaining) left") }
        defer { position += count }
        return ByteReader(bytes, from: position, to: position + count)
    }

    package mutating func read(_ type: Bool.Type = Bool.self) throws(DecodingFailure) -> Bool {
        switch try read(UInt8.self) {
        case 0: return false
        case 1: return true
        case let other: throw DecodingFailure("\(other) is no truth value")
        }
    }

    package mutating func read(_ type: String.Type = String.self) throws(DecodingFailure) -> String {
        let slice = try readSlice()
        guard let text = String(validating: slice, as: UTF8.self) else { throw DecodingFailure("text is not UTF-8") }
        return text
    }

    package mutating func read(_ type: [UInt8].Type = [UInt8].self) throws(DecodingFailure) -> [UInt8] {
        Array(try readSlice())
    }

    /// Bytes without a length.
    package mutating func readRaw(_ count: Int) throws(DecodingFailure) -> ArraySlice<UInt8> {
        guard count >= 0, count <= remaining else { throw DecodingFailure("\(count) bytes expected, \(remaining) left") }
        defer { position += count }
        return bytes[position..<position + count]
    }

    private mutating func readSlice() throws(DecodingFailure) -> ArraySlice<UInt8> {
        let count = Int(try read(UInt32.self))
        return try readRaw(count)
    }

    @_disfavoredOverload
    package mutating func read<T: ByteCodable>(_ type: T.Type = T.self) throws(DecodingFailure) -> T { try T(from: &self) }

    @_disfavoredOverload
    package mutating func read<T: ByteCodable>(_ type: T?.Type = T?.self) throws(DecodingFailure) -> T? {
        try read(Bool.self) ? try T(from: &self) : nil
    }

    @_disfavoredOverload
    package mutating func read<T: ByteCodable>(_ type: [T].Type = [T].self) throws(DecodingFailure) -> [T] {
        let count = Int(try read(UInt32.self))
        // Each element takes at least one byte, so a lying count cannot reserve more than the bytes that are there.
        guard count <= remaining else { throw DecodingFailure("\(count) elements in \(remaining) bytes") }
        var values: [T] = []
        values.reserveCapacity(count)
        for _ in 0..<count { values.append(try T(from: &self)) }
        return values
    }

    package mutating func readCase<T: RawRepresentable>(_ type: T.Type = T.self) throws(DecodingFailure) -> T
    where T.RawValue == UInt8 {
        let raw = try read(UInt8.self)
        guard let value = T(rawValue: raw) else { throw DecodingFailure("\(raw) is no \(T.self)") }
        return value
    }

    /// To be called when everything should have been read.
    package func finish() throws(DecodingFailure) {
        guard remaining == 0 else { throw DecodingFailure("\(remaining) bytes too many") }
    }
}
