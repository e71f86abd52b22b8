internal import Mail
package import Platform

/// Reads a segment's records. Everything that it gives was verified against seeded checksums.
///
/// Blocking; one thread at a time. Reads ahead, so records in a row cost few calls.
/// *Failure:* throws ``SegmentError``. Damage within a segment is an item of the scan, not an error.
package final class SegmentReader {
    package let header: SegmentHeader
    package let file: any File
    package let fileSize: UInt64
    private var window: [UInt8] = []
    private var windowStart: UInt64 = 0
    private static let windowLength = 256 << 10
    /// Bytes that a read fetches at least: less where records are read here and there.
    package var readAhead = SegmentReader.windowLength

    package var identity: SegmentIdentity { header.identity }

    package init(_ number: UInt64, in directory: SpoolDirectory, fileSystem: any FileSystem) throws(SegmentError) {
        let path = directory.segment(number)
        do {
            file = try fileSystem.open(path, .read)
        } catch {
            throw .system(error)
        }
        do {
            fileSize = try file.size()
            switch SegmentHeader.decode(try file.read(SegmentHeader.encodedLength, at: 0)) {
            case .header(let header):
                guard header.identity.number == number else {
                    throw SegmentError.damagedHeader(path: path, reason: "it is segment \(header.identity.number)")
                }
                self.header = header
            case .unknownFormat(let format): throw SegmentError.unknownFormat(path: path, format: format)
            case .damaged(let reason): throw SegmentError.damagedHeader(path: path, reason: reason)
            }
        } catch let error as SegmentError {
            file.close()
            throw error
        } catch let error as SystemError {
            file.close()
            throw .system(error)
        } catch {
            preconditionFailure("reading throws system errors only")
        }
    }

    /// Takes the owner's lock when it is free: the owner is dead, or done with the segment. Kept until ``close()``.
    package func tryLock() throws(SegmentError) -> Bool {
        do {
            return try file.tryLock()
        } catch {
            throw .system(error)
        }
    }

    package func close() { file.close() }

    /// The items between two offsets, each of which is the start of a record or the end of one.
    package func scan(
        from start: UInt64 = SegmentHeader.blockLength, to end: UInt64, verifyingContent: Bool = false
    ) -> SegmentScan {
        SegmentScan(reader: self, from: start, to: min(end, fileSize), verifyingContent: verifyingContent)
    }

    /// The one record at this offset, its content unread.
    package func record(at offset: UInt64) throws(SegmentError) -> StoredRecord {
        switch try item(at: offset, limit: fileSize, verifyingContent: false) {
        case .record(let record)?: return record
        case .damaged(let damage)?: throw .damagedRecord(path: file.path, damage)
        case nil:
            throw .damagedRecord(
                path: file.path,
                DamagedRange(range: offset..<offset, reason: "no record begins here", recipientCount: nil))
        }
    }

    /// nil when no header verifies there.
    func item(at offset: UInt64, limit: UInt64, verifyingContent: Bool) throws(SegmentError) -> ScannedItem? {
        guard let found = try recordHeader(at: offset, limit: limit) else { return nil }
        let (header, end) = found
        let nonce = identity.nonce
        func damaged(_ reason: String) -> ScannedItem {
            .damaged(DamagedRange(range: offset..<end, reason: reason, recipientCount: header.recipientCount))
        }
        let envelope = try bytes(at: offset + UInt64(RecordHeader.length), count: Int(header.envelopeLength))
        guard Checksum.crc(envelope, seed: Checksum.seed(nonce, offset: offset, part: .envelope)) == header.envelopeCRC else {
            return damaged("the envelope fails its checksum")
        }
        let record = StoredRecord(offset: offset, end: end, header: header, envelope: envelope, segment: identity)
        if verifyingContent {
            guard try verifies(record.content.header) else { return damaged("the header block fails its checksum") }
            if record.large == nil, try !verifies(record.content.body) { return damaged("the body fails its checksum") }
        }
        return .record(record)
    }

    func recordHeader(at offset: UInt64, limit: UInt64) throws(SegmentError) -> (RecordHeader, end: UInt64)? {
        guard offset % RecordHeader.alignment == 0, offset >= SegmentHeader.blockLength, offset < limit,
            limit - offset >= UInt64(RecordHeader.length)
        else { return nil }
        let bytes = try bytes(at: offset, count: RecordHeader.length)
        guard let header = RecordHeader(bytes, nonce: identity.nonce, offset: offset), let length = header.recordLength,
            length <= limit - offset
        else { return nil }
        return (header, offset + length)
    }

    private func verifies(_ extent: ContentExtent) throws(SegmentError) -> Bool {
        var crc = extent.seed
        var position = extent.offset
        let end = extent.offset + extent.length
        while position < end {
            let part = try bytes(at: position, count: Int(min(end - position, UInt64(Self.windowLength))))
            guard !part.isEmpty else { return false }
            crc = Checksum.crc(part, seed: crc)
            position += UInt64(part.count)
        }
        return crc == extent.crc
    }

    /// The first offset from `start` on, and before `end`, at which a header verifies.
    func search(from start: UInt64, to end: UInt64) throws(SegmentError) -> UInt64? {
        var position = RecordHeader.aligned(start)
        while position < end, end - position >= UInt64(RecordHeader.length) {
            try load(position, count: RecordHeader.length)
            let count = min(window.count - Int(position - windowStart), Int(end - position)) / 8
            guard count > 0 else { return nil }
            for candidate in marks(from: position, count: count) {
                if try recordHeader(at: candidate, limit: end) != nil { return candidate }
            }
            position += UInt64(count) * 8
        }
        return nil
    }

    /// Offsets of the window at which a word is the mark that it would have to be. Hardly ever more than one.
    private func marks(from start: UInt64, count: Int) -> [UInt64] {
        let base = Int(start - windowStart)
        var found: [UInt64] = []
        unsafe window.withUnsafeBytes { bytes in
            for index in 0..<count {
                let offset = start + UInt64(index) * 8
                let word = unsafe bytes.loadUnaligned(fromByteOffset: base + index * 8, as: UInt64.self)
                if word.littleEndian == RecordHeader.mark(identity.nonce, offset: offset) { found.append(offset) }
            }
        }
        return found
    }

    /// Up to `count` bytes: fewer at the end of the file.
    func bytes(at offset: UInt64, count: Int) throws(SegmentError) -> [UInt8] {
        try load(offset, count: count)
        let start = Int(offset - windowStart)
        let end = min(start + count, window.count)
        return start < end ? Array(window[start..<end]) : []
    }

    private func load(_ offset: UInt64, count: Int) throws(SegmentError) {
        if offset >= windowStart, offset - windowStart <= UInt64(window.count),
            count <= window.count - Int(offset - windowStart)
        {
            return
        }
        let available = offset < fileSize ? fileSize - offset : 0
        do {
            window = try file.read(Int(min(UInt64(max(count, readAhead)), available)), at: offset)
        } catch {
            throw .system(error)
        }
        windowStart = offset
    }

    /// Forgets what was read ahead: the owner may have appended since.
    package func forgetWindow() { window = [] }
}

extension StoredRecord {
    init(offset: UInt64, end: UInt64, header: RecordHeader, envelope: [UInt8], segment: SegmentIdentity) {
        let headerStart = offset + UInt64(RecordHeader.length) + UInt64(header.envelopeLength)
        self.init(
            location: RecordLocation(segment: segment.number, nonce: segment.nonce, offset: offset), length: end - offset,
            recipientCount: header.recipientCount, written: header.written, envelope: envelope,
            content: ContentLocation(
                header, segment: segment, headerStart: headerStart,
                headerSeed: Checksum.seed(segment.nonce, offset: offset, part: .headerBlock),
                bodyStart: headerStart + UInt64(header.headerBlockLength)),
            large: header.isLarge ? header.large : nil,
            batchStart: offset - min(offset, UInt64(header.batchDistance) * RecordHeader.alignment))
    }
}
