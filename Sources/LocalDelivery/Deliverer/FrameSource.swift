internal import Glibc
internal import Mail
internal import Platform
internal import Wire

/// Frames from the parent, read by one thread at a time, blocking.
///
/// *Failure:* throws on anything that is no frame, and when the parent goes in the middle of one.
final class FrameSource {
    struct Frame {
        var header: WireFrameHeader
        var message: [UInt8]
        var payload: [UInt8]

        func decode<M: WireMessage>(_ type: M.Type = M.self) throws(DecodingFailure) -> M {
            try M(header: header, message: message)
        }
    }

    private static let bufferSize = 128 << 10
    private let descriptor: Int32
    private var buffer = [UInt8](repeating: 0, count: bufferSize)
    private var start = 0
    private var end = 0

    init(descriptor: Int32) { self.descriptor = descriptor }

    /// nil at the end of the connection, between two frames.
    func next() throws(DecodingFailure) -> Frame? {
        guard let headerBytes = try take(WireFrameHeader.length, mayEnd: true) else { return nil }
        let header = try WireFrameHeader(decoding: headerBytes)
        guard let message = try take(Int(header.messageLength), mayEnd: false),
            let payload = try take(Int(header.payloadLength), mayEnd: false)
        else { return nil }
        return Frame(header: header, message: message, payload: payload)
    }

    /// Whether more waits to be read: something for another thread.
    var hasMore: Bool {
        if end > start { return true }
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&entry, 1, 0) > 0
    }

    private func take(_ count: Int, mayEnd: Bool) throws(DecodingFailure) -> [UInt8]? {
        if end - start < count && count <= Self.bufferSize {
            guard try fill(atLeast: count) else {
                guard mayEnd, end == start else { throw DecodingFailure("the parent went in the middle of a frame") }
                return nil
            }
        }
        if end - start >= count {
            defer { start += count }
            return Array(buffer[start..<start + count])
        }
        return try takeLarge(count)
    }

    /// False at the end of the connection.
    private func fill(atLeast count: Int) throws(DecodingFailure) -> Bool {
        if start == end {
            start = 0
            end = 0
        } else if start + count > Self.bufferSize {
            // In place: a slice that is kept beside the array would copy all of it.
            for index in start..<end { buffer[index - start] = buffer[index] }
            end -= start
            start = 0
        }
        while end - start < count {
            let got = unsafe buffer.withUnsafeMutableBytes { bytes in
                let space = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[end...])
                return repeating { unsafe read(descriptor, space.baseAddress, space.count) }
            }
            guard got >= 0 else { throw DecodingFailure("read from the parent: \(errorText(errno))") }
            if got == 0 { return false }
            end += got
        }
        return true
    }

    private func takeLarge(_ count: Int) throws(DecodingFailure) -> [UInt8] {
        var isEnded = false
        let begun = buffer[start..<end]
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { target, initialized in
            unsafe UnsafeMutableRawBufferPointer(target).copyBytes(from: begun)
            initialized = begun.count
            while initialized < count {
                let rest = unsafe UnsafeMutableRawBufferPointer(target)[initialized...]
                let space = unsafe UnsafeMutableRawBufferPointer(rebasing: rest)
                let got = repeating { unsafe read(descriptor, space.baseAddress, space.count) }
                if got <= 0 {
                    isEnded = true
                    break
                }
                initialized += got
            }
        }
        start = 0
        end = 0
        guard !isEnded else { throw DecodingFailure("the parent went in the middle of a frame") }
        return bytes
    }
}
