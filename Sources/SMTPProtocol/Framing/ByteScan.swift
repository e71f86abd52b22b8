internal import func Glibc.memchr

extension Span<UInt8> {
    /// The first place of `byte` in `from..<to`, at the speed of the C library.
    func firstIndex(of byte: UInt8, from: Int, to: Int) -> Int? {
        precondition(from >= 0 && to <= count, "a scan outside its bytes")
        guard from < to else { return nil }
        return unsafe withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress,
                let hit = unsafe memchr(base + from, Int32(byte), to - from)
            else { return nil }
            return unsafe UnsafeRawPointer(hit) - UnsafeRawPointer(base)
        }
    }
}

extension UInt8 {
    static let lineFeed = UInt8(ascii: "\n")
    static let carriageReturn = UInt8(ascii: "\r")
    static let dot = UInt8(ascii: ".")
    static let space = UInt8(ascii: " ")

    /// Octets that may stand in no command and no reply: C0 controls but the tab, and DEL.
    var isForbiddenControl: Bool { (self < 0x20 && self != 0x09) || self == 0x7f }
}
