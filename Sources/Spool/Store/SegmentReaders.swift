import Platform

/// Open segments, the most recently used of them.
struct SegmentReaders {
    static let limit = 32
    /// Enough for most envelopes.
    static let readAhead = 8 << 10

    private var open: [(number: UInt64, reader: SegmentReader)] = []

    mutating func reader(
        _ number: UInt64, in directory: SpoolDirectory, fileSystem: any FileSystem
    ) throws(SegmentError) -> SegmentReader {
        if let position = open.lastIndex(where: { $0.number == number }) {
            let found = open.remove(at: position)
            open.append(found)
            return found.reader
        }
        let reader = try SegmentReader(number, in: directory, fileSystem: fileSystem)
        reader.readAhead = Self.readAhead
        if open.count == Self.limit { open.removeFirst().reader.close() }
        open.append((number, reader))
        return reader
    }

    /// Closing gives back the lock, where one was taken.
    mutating func close(_ number: UInt64) {
        guard let position = open.firstIndex(where: { $0.number == number }) else { return }
        open.remove(at: position).reader.close()
    }

    /// What was read ahead of a segment is no longer true.
    func forget(_ number: UInt64) {
        for (open, reader) in open where open == number { reader.forgetWindow() }
    }

    mutating func closeAll() {
        for (_, reader) in open { reader.close() }
        open = []
    }
}
