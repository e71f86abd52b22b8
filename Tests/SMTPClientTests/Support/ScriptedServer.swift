import Glibc
import Synchronization

/// A server on a loopback port that does what a script says: one script for each connection, the last one for all further ones.
///
/// Blocking sockets and a thread for each connection: nothing of what is tested is used to test it.
final class ScriptedServer: Sendable {
    enum Step: Sendable {
        /// Words for the client; CR LF is added.
        case say(String)
        /// The client's next line must begin so; else the mismatch is noted and the connection closed.
        case expect(String)
        /// Takes content up to its end, and notes it without its end.
        case content
        /// Takes this many octets of whatever comes.
        case take(Int)
        /// Says nothing more until the client closes.
        case hang
        /// Takes and says nothing until ``ScriptedServer/resume()``.
        case pause
        /// Repeats these octets until the client closes.
        case flood(String)
    }

    struct Notes: Sendable {
        var connections = 0
        var lines: [String] = []
        var contents: [String] = []
        var mismatches: [String] = []
        var isResumed = false
    }

    let port: UInt16
    private let listener: Int32
    private let scripts: [[Step]]
    private let notes = Mutex(Notes())

    init(address: String = "127.0.0.1", port wanted: UInt16 = 0, _ scripts: [Step]...) {
        self.scripts = scripts
        let isIPv6 = address.contains(":")
        let listener = socket(isIPv6 ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var on: Int32 = 1
        unsafe setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        var storage = sockaddr_storage()
        var length = socklen_t(isIPv6 ? MemoryLayout<sockaddr_in6>.size : MemoryLayout<sockaddr_in>.size)
        unsafe withUnsafeMutableBytes(of: &storage) { bytes in
            unsafe bytes.storeBytes(of: sa_family_t(isIPv6 ? AF_INET6 : AF_INET), as: sa_family_t.self)
            unsafe bytes.storeBytes(of: wanted.bigEndian, toByteOffset: 2, as: UInt16.self)
            unsafe inet_pton(isIPv6 ? AF_INET6 : AF_INET, address, bytes.baseAddress.map { unsafe $0 + (isIPv6 ? 8 : 4) })
        }
        let isBound = unsafe withUnsafeMutablePointer(to: &storage) { storage in
            unsafe storage.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(listener, $0, length) == 0 && getsockname(listener, $0, &length) == 0
            }
        }
        precondition(isBound && listen(listener, 64) == 0, "a loopback port for the server")
        port = unsafe withUnsafeBytes(of: storage) { unsafe UInt16(bigEndian: $0.load(fromByteOffset: 2, as: UInt16.self)) }
        self.listener = listener
        thread { self.accept() }
    }

    var noted: Notes { notes.withLock { $0 } }

    /// No further connection is taken.
    func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    func resume() { notes.withLock { $0.isResumed = true } }

    private func accept() {
        while true {
            let connection = Glibc.accept(listener, nil, nil)
            guard connection >= 0 else {
                close(listener)
                return
            }
            let number = notes.withLock { notes in
                notes.connections += 1
                return notes.connections - 1
            }
            let script = scripts[min(number, scripts.count - 1)]
            thread {
                var stream = Stream(connection)
                for step in script {
                    guard self.perform(step, &stream) else { break }
                }
                close(connection)
            }
        }
    }

    /// False when the connection is to be closed.
    private func perform(_ step: Step, _ stream: inout Stream) -> Bool {
        switch step {
        case .say(let words): return stream.write(words + "\r\n")
        case .expect(let beginning):
            guard let line = stream.readLine() else { return false }
            notes.withLock { $0.lines.append(line) }
            if line.hasPrefix(beginning) { return true }
            // A client that has no more to send says so at any time.
            if line != "QUIT" { notes.withLock { $0.mismatches.append("\(beginning) expected, got \(line)") } }
            return false
        case .content:
            guard let content = stream.readContent() else { return false }
            notes.withLock { $0.contents.append(content) }
            return true
        case .take(let count): return stream.take(count)
        case .hang:
            while stream.take(1) {}
            return false
        case .pause:
            while !noted.isResumed { usleep(10_000) }
            return false
        case .flood(let words):
            while stream.write(words) {}
            return false
        }
    }
}

extension [ScriptedServer.Step] {
    static let hello: Self = [
        .say("220 mx.test ESMTP"), .expect("EHLO "), .say("250-mx.test\r\n250-PIPELINING\r\n250 8BITMIME"),
    ]
    static let envelope: Self = [.expect("MAIL FROM:<"), .expect("RCPT TO:<"), .expect("DATA")]
    static let message: Self = envelope + [.say("250 Ok\r\n250 Ok\r\n354 go"), .content, .say("250 2.0.0 Ok: queued as X")]
    /// Takes as many messages as come.
    static let acceptAll: Self = hello + (0..<1000).flatMap { _ in message }
}

/// A blocking socket with a buffer; a read that takes 20 s ends the connection, so that no test hangs.
private struct Stream {
    let descriptor: Int32
    var buffer: [UInt8] = []

    init(_ descriptor: Int32) {
        self.descriptor = descriptor
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    private mutating func fill() -> Bool {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe recv(descriptor, &bytes, bytes.count, 0)
        guard count > 0 else { return false }
        buffer += bytes.prefix(count)
        return true
    }

    mutating func readLine() -> String? {
        while true {
            if let end = buffer.firstIndex(of: 10) {
                let line = String(decoding: buffer[..<end].filter { $0 != 13 }, as: UTF8.self)
                buffer.removeFirst(end + 1)
                return line
            }
            guard fill() else { return nil }
        }
    }

    mutating func readContent() -> String? {
        var content: [UInt8] = []
        let end = Array("\r\n.\r\n".utf8)
        while true {
            content += buffer
            buffer = []
            if content.starts(with: ".\r\n".utf8) {
                buffer = Array(content.dropFirst(3))
                return ""
            }
            if content.count >= end.count, content.suffix(end.count).elementsEqual(end) {
                return String(decoding: content.dropLast(3), as: UTF8.self)
            }
            guard fill() else { return nil }
        }
    }

    mutating func take(_ count: Int) -> Bool {
        while buffer.count < count { guard fill() else { return false } }
        buffer.removeFirst(count)
        return true
    }

    func write(_ words: String) -> Bool {
        let bytes = Array(words.utf8)
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes[sent...].withUnsafeBytes {
                unsafe send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }
}

/// A detached thread.
func thread(_ body: @escaping @Sendable () -> Void) {
    final class Box { let body: @Sendable () -> Void; init(_ body: @escaping @Sendable () -> Void) { self.body = body } }
    var id = pthread_t()
    let box = unsafe Unmanaged.passRetained(Box(body)).toOpaque()
    unsafe pthread_create(
        &id, nil,
        { context in
            guard let context = unsafe context else { return nil }
            unsafe Unmanaged<Box>.fromOpaque(context).takeRetainedValue().body()
            return nil
        }, box)
    pthread_detach(id)
}
