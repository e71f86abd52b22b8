package import Mail

/// A record that has just been synced, small enough to travel in the word about it.
package struct ArrivedRecord: Equatable, Sendable, ByteCodable {
    package var offset: UInt64
    /// Bytes from the record's start to the next one.
    package var length: UInt64
    /// Envelope as stored (``EnvelopeCoding``); nil when it is large: qmgr reads it from the segment.
    package var envelope: [UInt8]?
    package var content: ContentLocation
    /// Microseconds since 1970 when the record was on stable storage.
    package var committed: Int64

    package init(offset: UInt64, length: UInt64, envelope: [UInt8]?, content: ContentLocation, committed: Int64) {
        self.offset = offset
        self.length = length
        self.envelope = envelope
        self.content = content
        self.committed = committed
    }

    package func encode(into writer: inout ByteWriter) {
        writer.write(offset)
        writer.write(length)
        writer.write(envelope != nil)
        if let envelope { writer.write(envelope) }
        writer.write(content)
        writer.write(committed)
    }
    package init(from reader: inout ByteReader) throws(DecodingFailure) {
        offset = try reader.read(UInt64.self)
        length = try reader.read(UInt64.self)
        envelope = try reader.read(Bool.self) ? try reader.read([UInt8].self) : nil
        content = try reader.read(ContentLocation.self)
        committed = try reader.read(Int64.self)
    }
}

/// cleanup → qmgr: a segment is synced up to here. Cumulative and idempotent: a lost or repeated one does no harm.
///
/// `records` are those between `from` and `synced`; when `from` is not where qmgr stands, qmgr reads the segment itself.
/// *End of connection:* no meaning; cleanup announces every unacknowledged segment again when it reconnects.
package struct ArrivalNotice: WireMessage, Equatable {
    package static let kind = WireKind(10, "arrival_notice", from: .cleanup, to: .qmgr)
    package var segment: UInt64
    package var nonce: SegmentNonce
    package var from: UInt64
    package var synced: UInt64
    package var sealed: Bool
    package var records: [ArrivedRecord]

    package init(segment: UInt64, nonce: SegmentNonce, from: UInt64, synced: UInt64, sealed: Bool, records: [ArrivedRecord]) {
        self.segment = segment
        self.nonce = nonce
        self.from = from
        self.synced = synced
        self.sealed = sealed
        self.records = records
    }

    package func encode(into writer: inout ByteWriter) {
        writer.write(segment)
        writer.write(nonce)
        writer.write(from)
        writer.write(synced)
        writer.write(sealed)
        writer.write(records)
    }
    package init(from reader: inout ByteReader) throws(DecodingFailure) {
        segment = try reader.read(UInt64.self)
        nonce = try reader.read(SegmentNonce.self)
        from = try reader.read(UInt64.self)
        synced = try reader.read(UInt64.self)
        sealed = try reader.read(Bool.self)
        records = try reader.read([ArrivedRecord].self)
    }
}

/// qmgr → cleanup: how far it has read, and how far behind it is.
package struct ArrivalAcknowledgement: WireMessage, Equatable {
    package static let kind = WireKind(11, "arrival_acknowledgement", from: .qmgr, to: .cleanup)
    package var segment: UInt64
    package var read: UInt64
    /// qmgr knows that the segment is sealed: cleanup need not announce it again.
    package var sealed: Bool
    /// Messages that arrived and are neither finished nor in the index.
    package var lag: UInt32

    package init(segment: UInt64, read: UInt64, sealed: Bool, lag: UInt32) {
        self.segment = segment
        self.read = read
        self.sealed = sealed
        self.lag = lag
    }

    package func encode(into writer: inout ByteWriter) {
        writer.write(segment)
        writer.write(read)
        writer.write(sealed)
        writer.write(lag)
    }
    package init(from reader: inout ByteReader) throws(DecodingFailure) {
        segment = try reader.read(UInt64.self)
        read = try reader.read(UInt64.self)
        sealed = try reader.read(Bool.self)
        lag = try reader.read(UInt32.self)
    }
}
