/// A value with one binary form. Decoding trusts nothing: bounds are checked, unknown cases are errors.
package protocol ByteCodable {
    func encode(into writer: inout ByteWriter)
    init(from reader: inout ByteReader) throws(DecodingFailure)
}

extension String: ByteCodable {
    package func encode(into writer: inout ByteWriter) { writer.write(self) }
    package init(from reader: inout ByteReader) throws(DecodingFailure) { self = try reader.read(String.self) }
}
extension UInt32: ByteCodable {
    package func encode(into writer: inout ByteWriter) { writer.write(self) }
    package init(from reader: inout ByteReader) throws(DecodingFailure) { self = try reader.read(UInt32.self) }
}
extension UInt64: ByteCodable {
    package func encode(into writer: inout ByteWriter) { writer.write(self) }
    package init(from reader: inout ByteReader) throws(DecodingFailure) { self = try reader.read(UInt64.self) }
}
extension Int64: ByteCodable {
    package func encode(into writer: inout ByteWriter) { writer.write(self) }
    package init(from reader: inout ByteReader) throws(DecodingFailure) { self = try reader.read(Int64.self) }
}
extension Duration: ByteCodable {
    /// Nanoseconds; as many as 64 bits hold.
    package func encode(into writer: inout ByteWriter) {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        writer.write(overflow ? Int64.max : product &+ attoseconds / 1_000_000_000)
    }
    package init(from reader: inout ByteReader) throws(DecodingFailure) { self = .nanoseconds(try reader.read(Int64.self)) }
}
