import Mail
import Platform

/// The first bytes of a journal file or a done list: which it is, its number (a done list: its segment's) and nonce.
struct EventFileHeader: Equatable {
    enum Kind: UInt32 {
        case journal = 0x4c4e_524a
        case doneList = 0x454e_4f44
    }
    static let length = 64
    private static let checkedLength = 32
    static let version: UInt32 = 1

    var kind: Kind
    var number: UInt64
    var nonce: SegmentNonce

    var bytes: [UInt8] {
        var writer = ByteWriter(capacity: Self.length)
        writer.write(kind.rawValue)
        writer.write(Self.version)
        writer.write(number)
        writer.write(nonce)
        writer.write(Checksum.crc(writer.bytes, seed: 0))
        writer.writeRaw([UInt8](repeating: 0, count: Self.length - writer.bytes.count))
        return writer.bytes
    }

    /// nil when the bytes are no such header.
    init?(_ bytes: [UInt8], kind: Kind) {
        var reader = ByteReader(bytes)
        do {
            guard try reader.read(UInt32.self) == kind.rawValue, try reader.read(UInt32.self) == Self.version else {
                return nil
            }
            let number = try reader.read(UInt64.self)
            let nonce = try SegmentNonce(from: &reader)
            guard try reader.read(UInt32.self) == Checksum.crc(bytes, 0..<Self.checkedLength, seed: 0) else { return nil }
            self.init(kind: kind, number: number, nonce: nonce)
        } catch {
            return nil
        }
    }

    init(kind: Kind, number: UInt64, nonce: SegmentNonce) {
        self.kind = kind
        self.number = number
        self.nonce = nonce
    }
}

/// Everything that could be read from a journal file or a done list.
struct EventFileContents {
    var header: EventFileHeader
    var frames: [EventFrame] = []
    /// Runs of bytes before a frame in which none verifies. Whether that is damage depends on what had been synced.
    var gaps: [Range<UInt64>] = []
    /// Behind the last frame.
    var end = UInt64(EventFileHeader.length)
    /// Whether anything but zeros follows `end`.
    var hasTail = false

    enum Failure: Error, Equatable, CustomStringConvertible {
        /// No header that verifies.
        case noHeader
        case system(SystemError)

        var description: String {
            switch self {
            case .noHeader: "its header is damaged"
            case .system(let error): error.description
            }
        }
    }

    /// - Parameters:
    ///   - start: where a frame is known to begin.
    ///   - limit: what follows is of no interest (and not looked at: a journal is allocated in full and mostly zeros).
    static func read(
        _ file: any File, kind: EventFileHeader.Kind, from start: UInt64 = UInt64(EventFileHeader.length),
        to limit: UInt64 = .max
    ) throws(Failure) -> EventFileContents {
        let bytes: [UInt8]
        do { bytes = try file.read(upTo: limit) } catch { throw .system(error) }
        guard let header = EventFileHeader(Array(bytes.prefix(EventFileHeader.length)), kind: kind) else { throw .noHeader }
        var contents = EventFileContents(header: header)
        contents.end = max(contents.end, start)
        contents.scan(bytes)
        return contents
    }

    private mutating func scan(_ bytes: [UInt8]) {
        var offset = Int(clamping: end)
        while offset < bytes.count {
            guard let frame = frame(in: bytes, at: offset) else {
                offset += EventCoding.alignment
                continue
            }
            if UInt64(offset) > end { gaps.append(end..<UInt64(offset)) }
            frames.append(frame)
            offset += frame.length
            end = UInt64(offset)
        }
        hasTail = end < UInt64(bytes.count) && bytes[Int(end)...].contains { $0 != 0 }
    }

    /// What is damaged, nil when nothing is. Behind `synced` an unreadable stretch is a torn end: it was never promised.
    func damage(before synced: UInt64) -> String? {
        if let gap = gaps.first(where: { $0.lowerBound < synced }) {
            return "bytes \(gap.lowerBound) to \(gap.upperBound) are damaged"
        }
        return end < synced ? "bytes \(end) to \(synced) are damaged" : nil
    }

    /// A frame whose checksum holds but whose events are a later version's counts as unreadable: its recipients are held.
    private func frame(in bytes: [UInt8], at offset: Int) -> EventFrame? {
        guard bytes[offset] == UInt8(truncatingIfNeeded: EventFrame.magic) else { return nil }
        return try? EventFrame.decode(bytes, at: UInt64(offset), nonce: header.nonce)
    }
}

extension File {
    /// The whole file.
    func readAll() throws(SystemError) -> [UInt8] { try read(upTo: .max) }

    /// The file from its start.
    func read(upTo limit: UInt64) throws(SystemError) -> [UInt8] {
        let size = min(try size(), limit)
        var bytes: [UInt8] = []
        while UInt64(bytes.count) < size {
            let part = try read(Int(min(size - UInt64(bytes.count), 64 << 20)), at: UInt64(bytes.count))
            if part.isEmpty { break }
            if bytes.isEmpty { bytes = part } else { bytes += part }
        }
        return bytes
    }
}
