import Glibc
import Platform

/// A listening UNIX socket, as master would have opened it.
func listenOnSocket(_ path: String) throws -> Int32 {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    let capacity = MemoryLayout.size(ofValue: address.sun_path)
    guard bytes.count < capacity else { throw SystemError("bind", path, ENAMETOOLONG) }
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
    let bound = unsafe withUnsafePointer(to: &address) {
        unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            unsafe bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
    }
    guard bound == 0, listen(descriptor, 128) == 0 else { throw SystemError("bind", path, errno) }
    return descriptor
}

/// A directory that goes away with the test.
final class TemporaryDirectory {
    let path: String

    init() throws {
        var template = Array("/tmp/martlet-test-XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else { throw SystemError("mkdtemp", "/tmp", errno) }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        for name in ["public", "private"] { unsafe mkdir(path + "/" + name, 0o700) }
    }

    deinit {
        let files = POSIXFileSystem()
        for name in ["public", "private"] {
            for file in (try? files.list(path + "/" + name)) ?? [] { try? files.unlink(path + "/" + name + "/" + file) }
            unsafe rmdir(path + "/" + name)
        }
        unsafe rmdir(path)
    }
}
