internal import Mail
internal import Wire

/// Records laid out one behind the other, to be written in one call at one place.
struct RecordBatch {
    private(set) var bytes: [UInt8]
    private(set) var arrived: [ArrivedRecord] = []
    private let segment: SegmentIdentity
    private let start: UInt64
    private let written: Int64

    /// Envelopes up to this size travel in the word to qmgr.
    static let inlineEnvelope = 64 << 10

    /// - Parameter buffer: reused memory; its contents go.
    init(segment: SegmentIdentity, start: UInt64, written: Int64, buffer: consuming [UInt8]) {
        self.segment = segment
        self.start = start
        self.written = written
        bytes = buffer
        bytes.removeAll(keepingCapacity: true)
    }

    mutating func append(_ record: NewRecord) {
        let offset = start + UInt64(bytes.count)
        let nonce = segment.nonce
        let envelopeStart = offset + UInt64(RecordHeader.length)
        let headerStart = envelopeStart + UInt64(record.envelope.count)
        let bodyStart = headerStart + UInt64(record.headerBlock.count)
        let headerSeed = Checksum.seed(nonce, offset: offset, part: .headerBlock)

        var header = RecordHeader()
        header.recipientCount = record.recipientCount
        header.envelopeLength = UInt32(record.envelope.count)
        header.headerBlockLength = UInt32(record.headerBlock.count)
        header.batchDistance = UInt32((offset - start) / RecordHeader.alignment)
        header.envelopeCRC = Checksum.crc(record.envelope, seed: Checksum.seed(nonce, offset: offset, part: .envelope))
        header.headerBlockCRC = Checksum.crc(record.headerBlock, seed: headerSeed)
        header.written = written
        if record.hasDotLines { header.flags.insert(.dotLines) }
        var inline: [UInt8] = []
        switch record.body {
        case .inline(let body):
            header.bodyLength = UInt64(body.count)
            header.bodySeed = Checksum.seed(nonce, offset: offset, part: .body)
            header.bodyCRC = Checksum.crc(body, seed: header.bodySeed)
            inline = body
        case .large(let content):
            header.flags.insert(.largeBody)
            header.bodyLength = content.length
            header.bodySeed = content.seed
            header.bodyCRC = content.crc
            header.large = content.name
        }
        header.append(to: &bytes, nonce: nonce, offset: offset)
        bytes.append(contentsOf: record.envelope)
        bytes.append(contentsOf: record.headerBlock)
        bytes.append(contentsOf: inline)
        while bytes.count % Int(RecordHeader.alignment) != 0 { bytes.append(0) }

        let isSmall = record.envelope.count <= Self.inlineEnvelope
        arrived.append(
            ArrivedRecord(
                offset: offset, length: start + UInt64(bytes.count) - offset, envelope: isSmall ? record.envelope : nil,
                content: ContentLocation(
                    header, segment: segment, headerStart: headerStart, headerSeed: headerSeed,
                    bodyStart: bodyStart),
                committed: written))
    }

    /// Zeros behind the last record, up to this offset of the segment. They verify as nothing.
    mutating func pad(to end: UInt64) {
        let count = Int(end - start) - bytes.count
        if count > 0 { bytes.append(contentsOf: repeatElement(0, count: count)) }
    }

    /// The records as they are announced, stamped with the instant at which they became durable.
    func arrived(committed: Int64) -> [ArrivedRecord] {
        var records = arrived
        for index in records.indices { records[index].committed = committed }
        return records
    }

    /// Gives the memory back for the next batch.
    consuming func takeBuffer() -> [UInt8] { bytes }
}

extension ContentLocation {
    init(_ header: RecordHeader, segment: SegmentIdentity, headerStart: UInt64, headerSeed: UInt32, bodyStart: UInt64) {
        self.init(
            file: SpoolDirectory.relativeSegment(segment.number),
            header: ContentExtent(
                offset: headerStart, length: UInt64(header.headerBlockLength), crc: header.headerBlockCRC, seed: headerSeed),
            body: ContentExtent(
                offset: header.isLarge ? 0 : bodyStart, length: header.bodyLength, crc: header.bodyCRC, seed: header.bodySeed),
            bodyFile: header.isLarge ? SpoolDirectory.relativeLarge(header.large) : nil,
            hasDotLines: header.flags.contains(.dotLines))
    }
}
