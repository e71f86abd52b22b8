internal import Glibc

/// Finds lines that begin with a dot, which SMTP must stuff (RFC 5321 section 4.5.2). The content may come in parts.
struct DotLines {
    private(set) var found = false
    /// The next byte begins a line.
    private var isAtStart = true

    mutating func look(at bytes: [UInt8]) {
        guard !found, !bytes.isEmpty else { return }
        if isAtStart && bytes[0] == UInt8(ascii: ".") {
            found = true
            return
        }
        found = unsafe bytes.withUnsafeBytes { unsafe Self.hasDotLine($0) }
        isAtStart = bytes[bytes.count - 1] == 0x0a
    }

    private static func hasDotLine(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let start = bytes.baseAddress else { return false }
        var position = 0
        while position < bytes.count,
            let lineFeed = unsafe memchr(start + position, 0x0a, bytes.count - position)
        {
            position = unsafe UnsafeRawPointer(lineFeed) - start + 1
            if position < bytes.count, unsafe bytes[position] == UInt8(ascii: ".") { return true }
        }
        return false
    }
}
