internal import Platform

/// A disk in memory that is as bad as a real one may be, for tests. One thread.
///
/// **Fault model.**
/// * A written byte is in the page cache: every process sees it, a power cut may lose it, sector (512 bytes) by sector and in any
///   order, so the last write is torn. `File.sync` makes a file's bytes and size durable.
/// * A file's name is durable only after `syncDirectory`: until then creations, renames and removals are each lost or kept, whatever
///   became of the file's bytes.
/// * A sync may fail once (``DiskFaults/failingSyncs``): its pages are lost but readable until the cache is dropped, and the next sync
///   succeeds. A write may fail after some of its bytes.
/// * The disk has a capacity: `allocate` and writes beyond what was allocated fail with ENOSPC when it is reached, and succeed again
///   once something was removed.
/// * A process that dies (``SimulatedFileSystem/kill()``) loses its open files and their locks, no data.
/// * The power fails between two operations (``DiskFaults/powerCutAfter``), which covers the middle of one: what is not yet synced
///   may be there or not.
///
/// Not modelled: bytes that rot after they were synced (tests flip them with ``flip(_:at:)``), and a disk that lies about a sync,
/// but for canaries (``DiskFaults/forgottenSyncs``).
package final class SimulatedDisk: @unchecked Sendable {
    package var faults = DiskFaults()
    package var capacity: UInt64
    /// Changing operations so far.
    package private(set) var operations = 0
    package private(set) var syncs = 0
    package private(set) var writes = 0
    package private(set) var isOff = false
    private var entries: [String: SimulatedInode] = [:]
    private var durableEntries: [String: SimulatedInode] = [:]
    private var directories: Set<String> = []
    private var pending: [EntryChange] = []
    private var generator: SeededGenerator

    private struct EntryChange {
        var directory: String
        var removed: String?
        var added: (path: String, inode: SimulatedInode)?
    }

    package init(seed: UInt64, capacity: UInt64 = .max) {
        generator = SeededGenerator(seed: seed)
        self.capacity = capacity
    }

    /// A process's view.
    package func process() -> SimulatedFileSystem { SimulatedFileSystem(disk: self) }

    /// The power comes back: what was not synced is gone, or not.
    package func restart(_ survival: Survival) {
        for change in pending where survivesEntry(survival) { apply(change, to: &durableEntries) }
        pending = []
        entries = durableEntries
        for path in entries.keys.sorted() { entries[path]?.cutPower { self.survivesSector(survival) } }
        faults.powerCutAfter = nil
        isOff = false
    }

    /// Inverts a byte as processes and the disk have it.
    package func flip(_ path: String, at offset: UInt64) {
        guard let inode = entries[path], let byte = inode.read(1, at: offset).first else { return }
        inode.write([~byte], at: offset)
        inode.sync()
    }

    package var used: UInt64 { entries.values.reduce(0) { $0 + $1.charged } }

    private func survivesSector(_ survival: Survival) -> Bool {
        switch survival {
        case .nothing: false
        case .everything: true
        case .chance, .dataOnly: Bool.random(using: &generator)
        }
    }

    private func survivesEntry(_ survival: Survival) -> Bool {
        survival == .dataOnly ? false : survivesSector(survival)
    }

    private func apply(_ change: EntryChange, to names: inout [String: SimulatedInode]) {
        if let removed = change.removed { names[removed] = nil }
        if let added = change.added { names[added.path] = added.inode }
    }

    private func change(_ change: EntryChange) {
        apply(change, to: &entries)
        pending.append(change)
    }

    /// Counts a changing operation.
    func begin(_ operation: String, _ path: String) throws(SystemError) {
        if let limit = faults.powerCutAfter, operations >= limit { isOff = true }
        try requirePower(operation, path)
        operations += 1
    }

    func requirePower(_ operation: String, _ path: String) throws(SystemError) {
        guard !isOff else { throw SystemError(operation + " without power", path, SystemError.inputOutput) }
    }

    // MARK: names

    func open(_ path: String, _ mode: FileMode) throws(SystemError) -> SimulatedInode {
        try requirePower("open", path)
        switch mode {
        case .read, .readWrite:
            guard let inode = entries[path] else { throw SystemError("open", path, SystemError.notFound) }
            return inode
        case .createNew:
            guard entries[path] == nil else { throw SystemError("open", path, SystemError.exists) }
        case .createOrOpen:
            if let inode = entries[path] { return inode }
        }
        guard directories.contains(Self.directory(of: path)) else { throw SystemError("open", path, SystemError.notFound) }
        try begin("create", path)
        let inode = SimulatedInode()
        change(EntryChange(directory: Self.directory(of: path), removed: nil, added: (path, inode)))
        return inode
    }

    func list(_ directory: String) throws(SystemError) -> [String] {
        try requirePower("opendir", directory)
        guard directories.contains(directory) else { throw SystemError("opendir", directory, SystemError.notFound) }
        return entries.keys.filter { Self.directory(of: $0) == directory }
            .map { String($0.dropFirst(directory.count + 1)) }.shuffled(using: &generator)
    }

    func unlink(_ path: String) throws(SystemError) {
        guard entries[path] != nil else { throw SystemError("unlink", path, SystemError.notFound) }
        try begin("unlink", path)
        change(EntryChange(directory: Self.directory(of: path), removed: path, added: nil))
    }

    func rename(_ from: String, to: String) throws(SystemError) {
        guard let inode = entries[from] else { throw SystemError("rename", from, SystemError.notFound) }
        try begin("rename", from)
        change(EntryChange(directory: Self.directory(of: to), removed: from, added: (to, inode)))
    }

    func makeDirectory(_ path: String) throws(SystemError) {
        try requirePower("mkdir", path)
        guard directories.insert(path).inserted else { throw SystemError("mkdir", path, SystemError.exists) }
    }

    func syncDirectory(_ path: String) throws(SystemError) {
        try begin("fsync", path)
        switch outcomeOfSync() {
        case .forgotten: return
        case .failed: throw SystemError("fsync", path, SystemError.inputOutput)
        case .done:
            for change in pending where change.directory == path { apply(change, to: &durableEntries) }
            pending.removeAll { $0.directory == path }
        }
    }

    // MARK: bytes

    func write(_ bytes: [UInt8], at offset: UInt64, to inode: SimulatedInode, _ path: String) throws(SystemError) {
        try begin("write", path)
        writes += 1
        let end = offset + UInt64(bytes.count)
        if end > inode.charged, end - inode.charged > free {
            throw SystemError("write", path, SystemError.noSpace)
        }
        if faults.failingWrites.contains(writes - 1) {
            inode.write(bytes.prefix(bytes.count / 2), at: offset)
            throw SystemError("write", path, SystemError.inputOutput)
        }
        inode.write(bytes[...], at: offset)
    }

    func sync(_ inode: SimulatedInode, _ path: String) throws(SystemError) {
        try begin("fdatasync", path)
        switch outcomeOfSync() {
        case .forgotten: return
        case .failed:
            inode.loseDirtyPages()
            throw SystemError("fdatasync", path, SystemError.inputOutput)
        case .done: inode.sync()
        }
    }

    func allocate(_ length: UInt64, _ inode: SimulatedInode, _ path: String) throws(SystemError) {
        try begin("fallocate", path)
        if length > inode.charged, length - inode.charged > free {
            throw SystemError("fallocate", path, SystemError.noSpace)
        }
        inode.allocate(length)
    }

    var free: UInt64 { capacity - min(capacity, used) }

    private enum SyncOutcome { case done, failed, forgotten }

    private func outcomeOfSync() -> SyncOutcome {
        syncs += 1
        if faults.failingSyncs.contains(syncs - 1) { return .failed }
        return faults.forgottenSyncs.contains(syncs - 1) ? .forgotten : .done
    }

    static func directory(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    }
}
