package import Mail

/// What a message is called, its version, and who may send it to whom.
package struct WireKind: Hashable, Sendable {
    package let code: UInt8
    package let name: String
    package let version: UInt8
    package let from: Role
    package let to: Role

    package init(_ code: UInt8, _ name: String, version: UInt8 = 1, from: Role, to: Role) {
        self.code = code
        self.name = name
        self.version = version
        self.from = from
        self.to = to
    }
}

/// A message between two programs of the suite. Bytes of mail travel beside it, as the frame's payload.
///
/// Each type documents what the end of the connection means for its sender: "not done" or "unknown outcome".
package protocol WireMessage: Sendable, ByteCodable {
    static var kind: WireKind { get }
}

/// A frame: a header of ``WireFrame/headerLength`` bytes, the message, the payload.
///
/// `magic (u16) | kind (u8) | version (u8) | message length (u32) | payload length (u32)`, little-endian.
package struct WireFrameHeader: Equatable, Sendable {
    package static let length = 12
    /// A message is an envelope at most: 50,000 recipients of 300 bytes, and reserve.
    package static let maximumMessage: UInt32 = 32 << 20
    /// Longer content streams in several frames.
    package static let maximumPayload: UInt32 = 4 << 20
    static let magic: UInt16 = 0x4d54

    package var kind: UInt8
    package var version: UInt8
    package var messageLength: UInt32
    package var payloadLength: UInt32

    package init(kind: UInt8, version: UInt8, messageLength: UInt32, payloadLength: UInt32) {
        self.kind = kind
        self.version = version
        self.messageLength = messageLength
        self.payloadLength = payloadLength
    }

    /// - Throws: when this is no frame of this suite, or one over the limits: close the connection.
    package init(decoding bytes: [UInt8]) throws(DecodingFailure) {
        var reader = ByteReader(bytes)
        guard try reader.read(UInt16.self) == Self.magic else { throw DecodingFailure("this is no frame of the suite") }
        kind = try reader.read(UInt8.self)
        version = try reader.read(UInt8.self)
        messageLength = try reader.read(UInt32.self)
        payloadLength = try reader.read(UInt32.self)
        try reader.finish()
        guard messageLength <= Self.maximumMessage, payloadLength <= Self.maximumPayload else {
            throw DecodingFailure("a frame of \(messageLength) and \(payloadLength) bytes is over the limit")
        }
    }

    package func encode(into writer: inout ByteWriter) {
        writer.write(Self.magic)
        writer.write(kind)
        writer.write(version)
        writer.write(messageLength)
        writer.write(payloadLength)
    }
}

extension WireMessage {
    /// Frame header and message; the payload of `payloadLength` bytes must follow.
    package func frame(payloadLength: Int = 0) -> [UInt8] {
        precondition(payloadLength <= Int(WireFrameHeader.maximumPayload), "a payload over the limit must be streamed")
        var body = ByteWriter(capacity: 256)
        encode(into: &body)
        var writer = ByteWriter(capacity: WireFrameHeader.length + body.bytes.count)
        WireFrameHeader(
            kind: Self.kind.code, version: Self.kind.version, messageLength: UInt32(body.bytes.count),
            payloadLength: UInt32(payloadLength)
        ).encode(into: &writer)
        writer.writeRaw(body.bytes)
        return writer.bytes
    }

    /// - Throws: when the frame is of another kind or version, or its bytes are not this message.
    package init(header: WireFrameHeader, message: [UInt8]) throws(DecodingFailure) {
        guard header.kind == Self.kind.code, header.version == Self.kind.version else {
            throw DecodingFailure("\(Self.kind.name) expected, got kind \(header.kind) version \(header.version)")
        }
        var reader = ByteReader(message)
        self = try Self(from: &reader)
        try reader.finish()
    }
}
