package import Platform

/// A process's view of a ``SimulatedDisk``. One thread.
package final class SimulatedFileSystem: FileSystem, @unchecked Sendable {
    private let disk: SimulatedDisk
    private var files: [ObjectIdentifier: SimulatedFile] = [:]

    init(disk: SimulatedDisk) { self.disk = disk }

    /// The process dies: its files are closed, its locks are free, what it wrote stays in the page cache.
    package func kill() {
        for file in files.values { file.release() }
        files = [:]
    }

    package var openFiles: Int { files.count }

    package func open(_ path: String, _ mode: FileMode) throws(SystemError) -> any File {
        let file = SimulatedFile(path: path, inode: try disk.open(path, mode), disk: disk)
        files[ObjectIdentifier(file)] = file
        file.onClose = { [weak self] in self?.files[$0] = nil }
        return file
    }

    package func list(_ directory: String) throws(SystemError) -> [String] { try disk.list(directory) }
    package func unlink(_ path: String) throws(SystemError) { try disk.unlink(path) }
    package func rename(_ from: String, to: String) throws(SystemError) { try disk.rename(from, to: to) }
    package func makeDirectory(_ path: String, permissions: UInt32) throws(SystemError) { try disk.makeDirectory(path) }
    package func syncDirectory(_ path: String) throws(SystemError) { try disk.syncDirectory(path) }

    package func freeSpace(_ path: String) throws(SystemError) -> UInt64 {
        try disk.requirePower("statvfs", path)
        return disk.free
    }
}

/// An open file of a ``SimulatedDisk``.
final class SimulatedFile: File, @unchecked Sendable {
    let path: String
    private let inode: SimulatedInode
    private let disk: SimulatedDisk
    private var isOpen = true
    var onClose: ((ObjectIdentifier) -> Void)?

    init(path: String, inode: SimulatedInode, disk: SimulatedDisk) {
        self.path = path
        self.inode = inode
        self.disk = disk
    }

    func write(_ bytes: [UInt8], at offset: UInt64) throws(SystemError) {
        requireOpen()
        try disk.write(bytes, at: offset, to: inode, path)
    }

    func read(_ count: Int, at offset: UInt64) throws(SystemError) -> [UInt8] {
        requireOpen()
        try disk.requirePower("read", path)
        return inode.read(count, at: offset)
    }

    func sync() throws(SystemError) {
        requireOpen()
        try disk.sync(inode, path)
    }

    func allocate(_ length: UInt64) throws(SystemError) {
        requireOpen()
        try disk.allocate(length, inode, path)
    }

    func size() throws(SystemError) -> UInt64 {
        try disk.requirePower("lseek", path)
        return inode.size
    }

    func tryLock() throws(SystemError) -> Bool {
        requireOpen()
        try disk.requirePower("flock", path)
        if let holder = inode.lockHolder, holder != ObjectIdentifier(self) { return false }
        inode.lockHolder = ObjectIdentifier(self)
        return true
    }

    func punchHole(_ range: Range<UInt64>) throws(SystemError) {
        requireOpen()
        try disk.begin("punch hole in", path)
        inode.punchHole(range)
    }

    func dropCache() throws(SystemError) {
        try disk.requirePower("fadvise", path)
        inode.dropCache()
    }

    func close() {
        onClose?(ObjectIdentifier(self))
        release()
    }

    func release() {
        isOpen = false
        if inode.lockHolder == ObjectIdentifier(self) { inode.lockHolder = nil }
    }

    private func requireOpen() { precondition(isOpen, "\(path) is used after it was closed") }
}
