internal import Glibc
package import Platform
package import Wire

/// A connection to a program of the suite for commands: blocking, without an event loop, so that a command starts in no time.
///
/// *Failure:* throws ``SystemError`` when nothing listens or the peer is gone, ``DecodingFailure`` on anything that is no frame.
package final class BlockingWire {
    private let descriptor: Int32
    private let path: String

    package init(connectingTo path: String) throws(SystemError) {
        self.path = path
        descriptor = try UNIXSocket.connect(path)
    }

    deinit { close(descriptor) }

    package func send(_ message: some WireMessage, payload: [UInt8] = []) throws(SystemError) {
        try write(message.frame(payloadLength: payload.count))
        if !payload.isEmpty { try write(payload) }
    }

    package struct Failure: Error, CustomStringConvertible {
        package var description: String
    }

    package func receive<M: WireMessage>(_ type: M.Type) throws(Failure) -> M {
        do {
            let header = try WireFrameHeader(decoding: try read(WireFrameHeader.length))
            let message = try read(Int(header.messageLength))
            _ = try read(Int(header.payloadLength))
            return try M(header: header, message: message)
        } catch {
            throw Failure(description: "\(error)")
        }
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
