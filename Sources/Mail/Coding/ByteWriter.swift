/// Appends values in the one binary form used on sockets between programs and in the spool: little-endian integers,
/// counts and lengths as 32 bits, text as UTF-8 bytes behind its length.
package struct ByteWriter: Sendable {
    package private(set) var bytes: [UInt8] = []

    package init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

    package mutating func write<T: FixedWidthInteger>(_ value: T) {
        unsafe withUnsafeBytes(of: value.littleEndian) { unsafe bytes.append(contentsOf: $0) }
    }

    package mutating func write(_ value: Bool) { bytes.append(value ? 1 : 0) }

    package mutating func write(_ value: String) {
        let utf8 = value.utf8
        write(UInt32(utf8.count))
        bytes.append(contentsOf: utf8)
    }

    package mutating func write(_ value: [UInt8]) {
        write(UInt32(value.count))
        bytes.append(contentsOf: value)
    }

    /// What `body` writes, behind its length: without a second buffer.
    package mutating func writePrefixed(_ body: (inout ByteWriter) -> Void) {
        let start = bytes.count
        write(UInt32(0))
        body(&self)
        let length = UInt32(bytes.count - start - 4)
        for index in 0..<4 { bytes[start + index] = UInt8(truncatingIfNeeded: length >> UInt32(index * 8)) }
    }

    /// Bytes without a length.
    package mutating func writeRaw(_ value: some Collection<UInt8>) { bytes.append(contentsOf: value) }

    @_disfavoredOverload
    package mutating func write<T: ByteCodable>(_ value: T) { value.encode(into: &self) }

    @_disfavoredOverload
    package mutating func write<T: ByteCodable>(_ value: T?) {
        write(value != nil)
        if let value { value.encode(into: &self) }
    }

    @_disfavoredOverload
    package mutating func write<T: ByteCodable>(_ values: [T]) {
        write(UInt32(values.count))
        for value in values { value.encode(into: &self) }
    }
}
