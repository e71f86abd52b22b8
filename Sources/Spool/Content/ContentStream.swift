internal import Mail
internal import Platform

/// A content being read: chunk after chunk, header block and body in a row, with a checksum behind each.
///
/// *Failure:* throws ``ContentError/damaged(path:)`` instead of giving the last chunk of a part that does not verify, so whoever
/// sends what it gets never completes a damaged message.
package struct ContentStream {
    private let content: ContentLocation
    private let headerFile: CachedFile
    private let bodyFile: CachedFile
    /// Bytes given so far, over both parts.
    private var position: UInt64 = 0
    private var crc: UInt32

    init(content: ContentLocation, headerFile: CachedFile, bodyFile: CachedFile) {
        self.content = content
        self.headerFile = headerFile
        self.bodyFile = bodyFile
        crc = content.header.seed
    }

    package var size: UInt64 { content.size }
    package var remaining: UInt64 { content.size - position }

    /// Where the body begins among the bytes given.
    package var headerLength: UInt64 { content.header.length }

    /// The next chunk; nil when all was given and verified.
    package mutating func next(maximum: Int = 64 << 10) throws(ContentError) -> [UInt8]? {
        if position == 0, isContiguous, content.size <= UInt64(max(maximum, 1)), content.size > 0 { return try whole() }
        let headerLength = content.header.length
        if position < headerLength {
            let bytes = try read(
                headerFile, content.header, from: position, maximum: maximum, path: content.file)
            position += UInt64(bytes.count)
            if position == headerLength { crc = content.body.seed }
            return bytes
        }
        if position == 0 { crc = content.body.seed }
        guard position < content.size else { return nil }
        let bytes = try read(
            bodyFile, content.body, from: position - headerLength, maximum: maximum, path: content.bodyFile ?? content.file)
        position += UInt64(bytes.count)
        return bytes
    }

    private var isContiguous: Bool {
        content.bodyFile == nil && content.header.offset &+ content.header.length == content.body.offset
    }

    /// A small message in one call.
    private mutating func whole() throws(ContentError) -> [UInt8] {
        let bytes = try read(headerFile, at: content.header.offset, count: Int(content.size), path: content.file)
        let split = Int(content.header.length)
        guard Checksum.crc(bytes, 0..<split, seed: content.header.seed) == content.header.crc,
            content.body.length == 0
                || Checksum.crc(bytes, split..<bytes.count, seed: content.body.seed) == content.body.crc
        else { throw .damaged(path: content.file) }
        position = content.size
        return bytes
    }

    private mutating func read(
        _ file: CachedFile, _ extent: ContentExtent, from start: UInt64, maximum: Int, path: String
    ) throws(ContentError) -> [UInt8] {
        let count = Int(min(UInt64(max(maximum, 1)), extent.length - start))
        let (offset, overflow) = extent.offset.addingReportingOverflow(start)
        guard !overflow else { throw .damaged(path: path) }
        let bytes = try read(file, at: offset, count: count, path: path)
        crc = Checksum.crc(bytes, seed: crc)
        if start + UInt64(count) == extent.length, crc != extent.crc { throw .damaged(path: path) }
        return bytes
    }

    private func read(_ file: CachedFile, at offset: UInt64, count: Int, path: String) throws(ContentError) -> [UInt8] {
        guard offset < 1 << 62 else { throw .damaged(path: path) }
        let bytes: [UInt8]
        do {
            bytes = try file.file.read(count, at: offset)
        } catch {
            throw .system(error)
        }
        guard bytes.count == count else { throw .damaged(path: path) }
        return bytes
    }
}
