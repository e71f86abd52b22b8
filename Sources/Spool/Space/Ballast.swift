import Platform

/// A file that is nothing but allocated space, given back when the disk is full so that the journal can still be written.
final class Ballast {
    private let path: String
    private let directory: String
    private let fileSystem: any FileSystem
    private let size: UInt64

    init(directory: SpoolDirectory, fileSystem: any FileSystem, size: UInt64) {
        path = directory.journal + "/ballast"
        self.directory = directory.journal
        self.fileSystem = fileSystem
        self.size = size
    }

    /// False when there is none left.
    func release() -> Bool {
        do {
            try fileSystem.unlink(path)
            try fileSystem.syncDirectory(directory)
            return true
        } catch {
            return false
        }
    }

    /// Allocates it again when the disk has three times its size to spare. Failing is no fault: the next call tries again.
    func restore() {
        guard let free = try? fileSystem.freeSpace(directory), free > 3 * size else { return }
        guard let file = try? fileSystem.open(path, .createNew(permissions: 0o600)) else { return }
        defer { file.close() }
        do { try file.allocate(size) } catch { _ = release() }
    }
}
