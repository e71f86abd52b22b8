internal import Glibc
package import Mail
package import Platform
package import Wire

/// A connection to a program of the suite for commands: blocking, without an event loop, so that a command starts in no time.
///
/// *Failure:* throws ``SystemError`` when nothing listens or the peer is gone, ``DecodingFailure`` on anything that is no frame.
package final class BlockingWire {
    private var descriptor: Int32
    private let path: String

    package init(connectingTo path: String) throws(SystemError) {
        self.path = path
        descriptor = try UNIXSocket.connect(path)
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// What comes is no longer frames: the descriptor is the caller's now.
    func takeDescriptor() -> Int32 {
        defer { descriptor = -1 }
        return descriptor
    }

    package func send(_ message: some WireMessage, payload: [UInt8] = []) throws(SystemError) {
        try write(message.frame(payloadLength: payload.count))
        if !payload.isEmpty { try write(payload) }
    }

    package struct Failure: Error, CustomStringConvertible {
        package var description: String
    }

    /// A frame whose kind is not known before.
    package struct Frame {
        package var header: WireFrameHeader
        package var message: [UInt8]
        package func isA<M: WireMessage>(_ type: M.Type) -> Bool { header.kind == M.kind.code }
        package func decode<M: WireMessage>() throws(DecodingFailure) -> M { try M(header: header, message: message) }
    }

    package func frame() throws(Failure) -> Frame {
        do {
            let header = try WireFrameHeader(decoding: try read(WireFrameHeader.length))
            let message = try read(Int(header.messageLength))
            _ = try read(Int(header.payloadLength))
            return Frame(header: header, message: message)
        } catch {
            throw Failure(description: "\(error)")
        }
    }

    package func receive<M: WireMessage>(_ type: M.Type) throws(Failure) -> M {
        let frame = try frame()
        do throws(DecodingFailure) { return try frame.decode() } catch { throw Failure(description: error.description) }
    }

    private func write(_ bytes: [UInt8]) throws(SystemError) {
        var done = 0
        while done < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { whole in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: whole[done...])
                return unsafe Glibc.send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0 {
                if errno == EINTR { continue }
                throw SystemError("write to", path, errno)
            }
            done += count
        }
    }

    private func read(_ count: Int) throws(SystemError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let got = unsafe bytes.withUnsafeMutableBytes { whole in
                let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: whole[done...])
                return unsafe Glibc.read(descriptor, rest.baseAddress, rest.count)
            }
            if got < 0, errno == EINTR { continue }
            guard got > 0 else { throw SystemError("read from", path, got < 0 ? errno : EPIPE) }
            done += got
        }
        return bytes
    }
}
