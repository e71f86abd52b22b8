/// A file's bytes as processes see them (the page cache), and as the disk has them.
///
/// Sparse: pages that were never written are zeros. Dirty pages differ from the disk until a sync.
final class SimulatedInode {
    static let pageLength = 4096
    static let sectorLength = 512
    private static let zeros = [UInt8](repeating: 0, count: pageLength)

    private var cache: [UInt64: [UInt8]] = [:]
    private var disk: [UInt64: [UInt8]] = [:]
    private var dirty: Set<UInt64> = []
    private(set) var size: UInt64 = 0
    private var diskSize: UInt64 = 0
    /// Bytes that count against the disk's capacity: what was allocated or written.
    private(set) var charged: UInt64 = 0
    /// The open file that holds the lock.
    var lockHolder: ObjectIdentifier?

    func write(_ bytes: ArraySlice<UInt8>, at offset: UInt64) {
        var position = offset
        var rest = bytes
        while !rest.isEmpty {
            let page = position / UInt64(Self.pageLength)
            let start = Int(position % UInt64(Self.pageLength))
            let count = min(rest.count, Self.pageLength - start)
            cache[page, default: Self.zeros].replaceSubrange(start..<start + count, with: rest.prefix(count))
            dirty.insert(page)
            rest = rest.dropFirst(count)
            position += UInt64(count)
        }
        size = max(size, offset + UInt64(bytes.count))
        charged = max(charged, size)
    }

    func read(_ count: Int, at offset: UInt64) -> [UInt8] {
        guard offset < size else { return [] }
        var bytes: [UInt8] = []
        let end = min(size, offset + UInt64(count))
        bytes.reserveCapacity(Int(end - offset))
        var position = offset
        while position < end {
            let page = position / UInt64(Self.pageLength)
            let start = Int(position % UInt64(Self.pageLength))
            let length = min(Int(end - position), Self.pageLength - start)
            bytes.append(contentsOf: (cache[page] ?? Self.zeros)[start..<start + length])
            position += UInt64(length)
        }
        return bytes
    }

    func allocate(_ length: UInt64) {
        size = max(size, length)
        charged = max(charged, size)
    }

    func punchHole(_ range: Range<UInt64>) {
        guard range.lowerBound < size else { return }
        let whole = min(range.upperBound, size) - range.lowerBound
        write(ArraySlice([UInt8](repeating: 0, count: Int(whole))), at: range.lowerBound)
        charged -= min(charged, whole / UInt64(Self.pageLength) * UInt64(Self.pageLength))
    }

    func sync() {
        for page in dirty { disk[page] = cache[page] }
        dirty = []
        diskSize = size
    }

    /// Linux after a failed write-back: the pages are called clean and are on no disk.
    func loseDirtyPages() { dirty = [] }

    func dropCache() {
        let kept = dirty
        for page in cache.keys where !kept.contains(page) { cache[page] = disk[page] }
    }

    /// What a power cut makes of it; `survives` is asked for each unsynced sector and for the size.
    func cutPower(survives: () -> Bool) {
        if size != diskSize, survives() { diskSize = size }
        for page in dirty.sorted() {
            guard let new = cache[page] else { continue }
            var old = disk[page] ?? Self.zeros
            for start in stride(from: 0, to: Self.pageLength, by: Self.sectorLength) where survives() {
                old.replaceSubrange(start..<start + Self.sectorLength, with: new[start..<start + Self.sectorLength])
            }
            disk[page] = old
        }
        dirty = []
        size = diskSize
        cache = disk.filter { $0.key * UInt64(Self.pageLength) < diskSize }
        disk = cache
        lockHolder = nil
    }
}
