package import Mail

/// A segment's name and secret.
package struct SegmentIdentity: Hashable, Sendable {
    package var number: UInt64
    package var nonce: SegmentNonce
    package init(number: UInt64, nonce: SegmentNonce) {
        self.number = number
        self.nonce = nonce
    }
}

/// The first block of a segment. A block of its own, so that no append rewrites it.
package struct SegmentHeader: Equatable, Sendable {
    /// Where the first record is.
    package static let blockLength: UInt64 = 4096
    static let format: UInt32 = 1
    private static let magic: UInt64 = 0x4745_534c_5452_414d  // "MARTLSEG"
    static let encodedLength = 64

    package var identity: SegmentIdentity
    /// Microseconds since 1970.
    package var created: Int64
    /// Size of the file.
    package var capacity: UInt64

    func encode() -> [UInt8] {
        var writer = ByteWriter(capacity: Int(Self.blockLength))
        writer.write(Self.magic)
        writer.write(Self.format)
        writer.write(UInt32(0))
        writer.write(identity.number)
        writer.write(identity.nonce)
        writer.write(created)
        writer.write(capacity)
        writer.write(UInt32(0))
        writer.write(Checksum.crc(writer.bytes, seed: 0))
        writer.writeRaw([UInt8](repeating: 0, count: Int(Self.blockLength) - writer.bytes.count))
        return writer.bytes
    }

    enum Decoded: Equatable {
        case header(SegmentHeader)
        case unknownFormat(UInt32)
        case damaged(String)
    }

    static func decode(_ bytes: [UInt8]) -> Decoded {
        guard bytes.count == encodedLength else { return .damaged("shorter than its header") }
        var reader = ByteReader(bytes)
        do {
            guard try reader.read(UInt64.self) == magic else { return .damaged("it is no segment") }
            let format = try reader.read(UInt32.self)
            guard format == Self.format else { return .unknownFormat(format) }
            _ = try reader.read(UInt32.self)
            let number = try reader.read(UInt64.self)
            let nonce = try reader.read(SegmentNonce.self)
            let header = SegmentHeader(
                identity: SegmentIdentity(number: number, nonce: nonce), created: try reader.read(),
                capacity: try reader.read())
            _ = try reader.read(UInt32.self)
            guard try reader.read(UInt32.self) == Checksum.crc(bytes, 0..<encodedLength - 4, seed: 0) else {
                return .damaged("its header fails its checksum")
            }
            return .header(header)
        } catch {
            return .damaged(error.description)
        }
    }
}
