import DaemonKit
import Glibc
import Mail
import NIOCore
import Wire

/// A cleanup of a few lines, on a UNIX socket.
@EventLoopActor
final class FakeCleanup {
    enum Behaviour {
        case answer(SubmissionResult)
        /// Says nothing.
        case silence
        /// Closes the connection instead of an answer.
        case hangUp
        /// Answers as soon as the content begins.
        case early(SubmissionResult)
        /// Closes each connection at once, without reading.
        case refuseConnections
    }

    struct Message {
        var submission: Submission
        var content: [UInt8]
        var complete: Bool
    }

    let path: String
    var behaviour = Behaviour.answer(SubmissionResult(.accepted))
    private(set) var messages: [Message] = []
    private(set) var connections = 0
    /// Streams that broke off.
    private(set) var brokenOff = 0
    private var listener: (any Channel)?
    private var open: [ObjectIdentifier: WireConnection] = [:]

    init(directory: String) { path = directory + "/cleanup" }

    func start() async throws {
        let descriptor = try listenOnUNIXSocket(path)
        listener = try await WireEndpoints.serve(listening: descriptor) { [weak self] in self?.serve($0) }
    }

    func stop() async throws {
        try await listener?.close().value()
        for connection in open.values { connection.close() }
    }

    /// Closes what is idle, as a cleanup that is replaced does.
    func closeConnections() { for connection in open.values { connection.close() } }

    private func serve(_ connection: WireConnection) {
        connections += 1
        if case .refuseConnections = behaviour { return connection.close() }
        open[ObjectIdentifier(connection)] = connection
        var current: Message?
        connection.onFrame = { [self] frame in
            if let submission = try? frame.decode(Submission.self) {
                current = Message(submission: submission, content: Array(frame.payload.readableBytesView), complete: false)
                if case .early(let result) = behaviour, submission.contentLength == nil { connection.send(result) }
                if submission.contentLength == nil { return }
            } else if frame.isA(ContentChunk.self) {
                current?.content += Array(frame.payload.readableBytesView)
                return
            }
            guard var message = current else { return }
            message.complete = true
            messages.append(message)
            current = nil
            switch behaviour {
            case .answer(let result): connection.send(result)
            case .silence, .early: break
            case .hangUp, .refuseConnections: connection.close()
            }
        }
        connection.onClose = { [self] in
            open[ObjectIdentifier(connection)] = nil
            if current != nil { brokenOff += 1 }
        }
    }
}

struct SocketTrouble: Error { var code = errno }

func listenOnUNIXSocket(_ path: String) throws -> Int32 {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
    let bound = unsafe withUnsafePointer(to: &address) {
        unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            unsafe bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
    }
    guard bound == 0, Glibc.listen(descriptor, 100) == 0 else { throw SocketTrouble() }
    return descriptor
}

/// A listening socket on a free port of the loopback, and that port.
func listenOnLoopback(_ family: Int32 = AF_INET) throws -> (descriptor: Int32, port: Int) {
    let descriptor = socket(family, Int32(SOCK_STREAM.rawValue), 0)
    var storage = sockaddr_storage()
    let isIPv6 = family == AF_INET6
    let length = socklen_t(isIPv6 ? MemoryLayout<sockaddr_in6>.size : MemoryLayout<sockaddr_in>.size)
    unsafe withUnsafeMutableBytes(of: &storage) { bytes in
        unsafe bytes.storeBytes(of: sa_family_t(family), as: sa_family_t.self)
        // 127.0.0.1 at offset 4, ::1 at offset 8.
        if isIPv6 { unsafe bytes[23] = 1 } else { unsafe (bytes[4], bytes[7]) = (127, 1) }
    }
    var size = length
    let result = unsafe withUnsafeMutablePointer(to: &storage) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
            unsafe bind(descriptor, address, length) == 0 && Glibc.listen(descriptor, 100) == 0
                && getsockname(descriptor, address, &size) == 0
        }
    }
    guard result else { throw SocketTrouble() }
    let port = unsafe withUnsafeBytes(of: &storage) { unsafe Int($0[2]) << 8 | Int($0[3]) }
    return (descriptor, port)
}
