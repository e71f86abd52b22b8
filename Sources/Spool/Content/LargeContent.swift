package import Mail
package import Platform

/// A body in a file of its own, synced, that a record may name.
package struct LargeContent: Equatable, Sendable {
    package var name: SegmentNonce
    package var length: UInt64
    package var crc: UInt32
    package var seed: UInt32
}

/// Streams a body into large/. Blocking; one thread at a time.
///
/// The file is locked until ``close()`` or ``abandon()``, so that a sweep leaves it alone until its record is known.
/// *Failure:* throws; the file is then to be abandoned. Without a record that names it, it is garbage.
package final class LargeContentWriter: @unchecked Sendable {
    package let name: SegmentNonce
    package private(set) var length: UInt64 = 0
    private let seed: UInt32
    private var crc: UInt32
    private let file: any File
    private let directory: SpoolDirectory
    private let fileSystem: any FileSystem

    package init(
        in directory: SpoolDirectory, fileSystem: any FileSystem, entropy: any EntropySource
    ) throws(SystemError) {
        name = SegmentNonce(high: entropy.next(), low: entropy.next())
        seed = Checksum.seed(name, offset: 0, part: .body)
        crc = seed
        self.directory = directory
        self.fileSystem = fileSystem
        file = try fileSystem.open(directory.largeContent(name), .createNew(permissions: SpoolDirectory.readablePermissions))
        do {
            _ = try file.tryLock()
        } catch {
            abandon()
            throw error
        }
    }

    package func append(_ bytes: [UInt8]) throws(SystemError) {
        try file.write(bytes, at: length)
        crc = Checksum.crc(bytes, seed: crc)
        length += UInt64(bytes.count)
    }

    /// Makes file and name durable.
    package func finish() throws(SystemError) -> LargeContent {
        try file.sync()
        try fileSystem.syncDirectory(directory.large)
        return LargeContent(name: name, length: length, crc: crc, seed: seed)
    }

    /// A record names the file now, or may.
    package func close() { file.close() }

    /// The file goes away again.
    package func abandon() {
        try? fileSystem.unlink(directory.largeContent(name))
        file.close()
    }
}

/// Finds contents that no record names: left by a cleanup that died before its record was stored.
///
/// A file is garbage when it was unreferenced and unlocked at two looks in a row: a record that is being stored at the first is
/// known by the second.
package struct LargeContentSweep: Sendable {
    private var suspects: Set<SegmentNonce> = []
    package init() {}

    /// - Parameter isReferenced: whether a record names it, as far as the caller knows.
    /// - Returns: what was removed.
    package mutating func look(
        in directory: SpoolDirectory, fileSystem: any FileSystem, isReferenced: (SegmentNonce) -> Bool
    ) throws(SystemError) -> [SegmentNonce] {
        var next: Set<SegmentNonce> = []
        var removed: [SegmentNonce] = []
        for name in try fileSystem.list(directory.large) {
            guard let nonce = SpoolDirectory.largeName(name), !isReferenced(nonce) else { continue }
            let file: any File
            do throws(SystemError) {
                file = try fileSystem.open(directory.largeContent(nonce), .read)
            } catch  where error.code == SystemError.notFound {
                continue
            }
            defer { file.close() }
            guard try file.tryLock() else { continue }
            if suspects.contains(nonce) {
                try fileSystem.unlink(directory.largeContent(nonce))
                removed.append(nonce)
            } else {
                next.insert(nonce)
            }
        }
        suspects = next
        return removed
    }
}
