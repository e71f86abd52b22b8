internal import CPlatform
internal import Glibc

/// The text of an errno value, as strerror gives it.
package func errorText(_ code: Int32) -> String {
    var buffer = [UInt8](repeating: 0, count: 256)
    let count = unsafe buffer.withUnsafeMutableBytes { unsafe martlet_strerror(code, $0.baseAddress, $0.count) }
    return String(decoding: buffer.prefix(count), as: UTF8.self)
}

/// The file system of this machine.
package final class POSIXFileSystem: FileSystem {
    package init() {}

    package func open(_ path: String, _ mode: FileMode) throws(SystemError) -> any File {
        let descriptor: Int32
        switch mode {
        case .read: descriptor = retrying { unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) }
        case .readWrite: descriptor = retrying { unsafe Glibc.open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW) }
        case .createNew(let permissions):
            descriptor = retrying { unsafe Glibc.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, permissions) }
        case .createOrOpen(let permissions):
            descriptor = retrying { unsafe Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, permissions) }
        }
        guard descriptor >= 0 else { throw SystemError("open", path, errno) }
        return POSIXFile(path: path, descriptor: descriptor)
    }

    package func list(_ directory: String) throws(SystemError) -> [String] {
        guard let stream = unsafe opendir(directory) else { throw SystemError("opendir", directory, errno) }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        errno = 0
        while let entry = unsafe readdir(stream) {
            let name = unsafe String(cString: martlet_dirent_name(entry))
            if name != "." && name != ".." { names.append(name) }
            errno = 0
        }
        guard errno == 0 else { throw SystemError("readdir", directory, errno) }
        return names
    }

    package func unlink(_ path: String) throws(SystemError) {
        guard unsafe Glibc.unlink(path) == 0 else { throw SystemError("unlink", path, errno) }
    }

    package func rename(_ from: String, to: String) throws(SystemError) {
        guard unsafe Glibc.rename(from, to) == 0 else { throw SystemError("rename", from, errno) }
    }

    package func makeDirectory(_ path: String, permissions: UInt32) throws(SystemError) {
        guard unsafe mkdir(path, permissions) == 0 else { throw SystemError("mkdir", path, errno) }
    }

    package func syncDirectory(_ path: String) throws(SystemError) {
        let descriptor = retrying { unsafe Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        guard descriptor >= 0 else { throw SystemError("open", path, errno) }
        defer { Glibc.close(descriptor) }
        guard fsync(descriptor) == 0 else { throw SystemError("fsync", path, errno) }
    }

    package func freeSpace(_ path: String) throws(SystemError) -> UInt64 {
        var status = statvfs()
        guard unsafe statvfs(path, &status) == 0 else { throw SystemError("statvfs", path, errno) }
        return UInt64(status.f_bavail) * UInt64(status.f_frsize)
    }
}

/// A descriptor of this machine's file system.
package final class POSIXFile: File {
    package let path: String
    package let descriptor: Int32

    init(path: String, descriptor: Int32) {
        self.path = path
        self.descriptor = descriptor
    }

    package func write(_ bytes: [UInt8], at offset: UInt64) throws(SystemError) {
        var done = 0
        while done < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { whole in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: whole[done...])
                return retrying { unsafe pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset) + off_t(done)) }
            }
            guard count >= 0 else { throw SystemError("write", path, errno) }
            guard count > 0 else { throw SystemError("write", path, ENOSPC) }
            done += count
        }
    }

    package func read(_ count: Int, at offset: UInt64) throws(SystemError) -> [UInt8] {
        var failure: Int32 = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { whole, initialized in
            initialized = 0
            while initialized < count {
                let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(whole)[initialized...])
                let got = retrying {
                    unsafe pread(descriptor, rest.baseAddress, count - initialized, off_t(offset) + off_t(initialized))
                }
                if got < 0 { failure = errno }
                if got <= 0 { break }
                initialized += got
            }
        }
        guard failure == 0 else { throw SystemError("read", path, failure) }
        return bytes
    }

    package func sync() throws(SystemError) {
        guard fdatasync(descriptor) == 0 else { throw SystemError("fdatasync", path, errno) }
    }

    package func allocate(_ length: UInt64) throws(SystemError) {
        let code = posix_fallocate(descriptor, 0, off_t(length))
        guard code == 0 else { throw SystemError("fallocate", path, code) }
    }

    package func size() throws(SystemError) -> UInt64 {
        let end = lseek(descriptor, 0, SEEK_END)
        guard end >= 0 else { throw SystemError("lseek", path, errno) }
        return UInt64(end)
    }

    package func tryLock() throws(SystemError) -> Bool {
        if retrying({ flock(descriptor, LOCK_EX | LOCK_NB) }) == 0 { return true }
        guard errno == EWOULDBLOCK else { throw SystemError("flock", path, errno) }
        return false
    }

    package func punchHole(_ range: Range<UInt64>) throws(SystemError) {
        guard martlet_punch_hole(descriptor, Int64(range.lowerBound), Int64(range.count)) == 0 else {
            throw SystemError("punch hole in", path, errno)
        }
    }

    package func dropCache() throws(SystemError) {
        let code = posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
        guard code == 0 else { throw SystemError("fadvise", path, code) }
    }

    package func close() { Glibc.close(descriptor) }
}

/// Repeats a call that a signal interrupted.
package func retrying<T: BinaryInteger>(_ call: () -> T) -> T {
    while true {
        let result = call()
        if result != -1 || errno != EINTR { return result }
    }
}
