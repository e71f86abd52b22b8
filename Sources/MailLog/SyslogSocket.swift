internal import Glibc

/// The datagram socket of the machine's syslog daemon.
///
/// *Failure:* a line is refused when the socket is not there (looked for again at most every second) or stays full for
/// ``patience`` milliseconds; after that nothing waits until it takes a line again.
struct SyslogSocket: Sendable {
    static let path = "/dev/log"
    private static let patience: Int32 = 50

    private let path: String
    private var descriptor: Int32 = -1
    /// In seconds of the coarse monotonic clock.
    private var nextAttempt = 0
    private var isStuck = false

    init(_ path: String) {
        self.path = path
        connect()
    }

    mutating func send(_ line: [UInt8]) -> Bool {
        if descriptor < 0 {
            guard Self.now() >= nextAttempt else { return false }
            connect()
        }
        for _ in 0..<3 where descriptor >= 0 {
            let count = unsafe line.withUnsafeBytes {
                unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
            }
            if count >= 0 {
                isStuck = false
                return true
            }
            switch errno {
            case EINTR: continue
            case EAGAIN, ENOBUFS:
                guard !isStuck, waitForRoom() else {
                    isStuck = true
                    return false
                }
            case EMSGSIZE: return true
            default:
                // The syslog daemon was restarted: its new socket has the same name.
                close(descriptor)
                descriptor = -1
                connect()
            }
        }
        return false
    }

    private func waitForRoom() -> Bool {
        var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return unsafe Glibc.poll(&poll, 1, Self.patience) > 0
    }

    private mutating func connect() {
        nextAttempt = Self.now() + 1
        let new = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        guard new >= 0 else { return }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let room = MemoryLayout.size(ofValue: address.sun_path) - 1
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8.prefix(room)) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let result = unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe Glibc.connect(new, $0, size) }
        }
        if result == 0 { descriptor = new } else { close(new) }
    }

    private static func now() -> Int {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC_COARSE, &time)
        return time.tv_sec
    }
}
