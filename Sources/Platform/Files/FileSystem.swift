internal import Glibc

/// A failed system call: what was tried, on what, and errno.
package struct SystemError: Error, Equatable, Sendable, CustomStringConvertible {
    package var operation: String
    package var path: String
    package var code: Int32

    package init(_ operation: String, _ path: String, _ code: Int32) {
        self.operation = operation
        self.path = path
        self.code = code
    }

    package var description: String { "\(operation) \(path): \(errorText(code))" }

    // errno values that callers tell apart, for modules that do not import the C library.
    package static let notFound = ENOENT
    package static let exists = EEXIST
    package static let noSpace = ENOSPC
    package static let inputOutput = EIO
    package static let quotaExceeded = EDQUOT
}

/// The seam to disks. The real one is ``POSIXFileSystem``; tests put a simulated one behind it that forgets what was not synced.
///
/// All calls may block: never on an event loop. Paths are absolute or relative to the process's directory.
/// *Failure:* throws ``SystemError``. A failed write or sync condemns the file: it is never tried again.
package protocol FileSystem: AnyObject, Sendable {
    func open(_ path: String, _ mode: FileMode) throws(SystemError) -> any File
    /// Names in a directory, without `.` and `..`, in no order.
    func list(_ directory: String) throws(SystemError) -> [String]
    func unlink(_ path: String) throws(SystemError)
    /// Atomically, replacing `to`.
    func rename(_ from: String, to: String) throws(SystemError)
    func makeDirectory(_ path: String, permissions: UInt32) throws(SystemError)
    /// Makes creations, renames and removals in this directory durable.
    func syncDirectory(_ path: String) throws(SystemError)
    /// Bytes that an unprivileged writer may still use there.
    func freeSpace(_ path: String) throws(SystemError) -> UInt64
}

package enum FileMode: Equatable, Sendable {
    case read
    case readWrite
    /// O_CREAT|O_EXCL, for reading and writing.
    case createNew(permissions: UInt32)
    /// O_CREAT, for reading and writing.
    case createOrOpen(permissions: UInt32)
}

/// An open file, addressed by offset. One thread at a time.
package protocol File: AnyObject, Sendable {
    var path: String { get }
    /// Writes all of it.
    func write(_ bytes: [UInt8], at offset: UInt64) throws(SystemError)
    /// Reads up to `count` bytes: fewer at the end of the file, none beyond it.
    func read(_ count: Int, at offset: UInt64) throws(SystemError) -> [UInt8]
    /// fdatasync: contents and size are on stable storage when it returns.
    func sync() throws(SystemError)
    /// Allocates blocks for [0, length) and sets the size (posix_fallocate): a full disk is met here.
    func allocate(_ length: UInt64) throws(SystemError)
    func size() throws(SystemError) -> UInt64
    /// Takes the exclusive lock of the open file description; false when another holds it. Released by close or death.
    func tryLock() throws(SystemError) -> Bool
    /// Gives the blocks of this range back (FALLOC_FL_PUNCH_HOLE).
    func punchHole(_ range: Range<UInt64>) throws(SystemError)
    /// Forgets cached pages, so that the next read comes from the disk (POSIX_FADV_DONTNEED).
    func dropCache() throws(SystemError)
    func close()
}
