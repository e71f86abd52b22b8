import Glibc

/// A UNIX socket that listens in a directory of its own.
final class UnixListener: Sendable {
    let path: String
    let descriptor: Int32

    init() {
        path = "/tmp/martlet-delivery-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let bound = unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe bind(descriptor, $0, size) }
        }
        precondition(bound == 0 && listen(descriptor, 16) == 0)
    }

    deinit { unsafe unlink(path) }
}
