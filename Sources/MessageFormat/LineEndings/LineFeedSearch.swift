internal import Glibc

/// The offset of the next LF at or behind `start`, found by the C library's vector code; nil when there is none.
func nextLineFeed(_ buffer: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? { unsafe nextByte(0x0a, buffer, from: start) }

func nextByte(_ byte: UInt8, _ buffer: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
    guard start < buffer.count, let base = buffer.baseAddress,
        let found = unsafe memchr(base + start, Int32(byte), buffer.count - start)
    else { return nil }
    return unsafe UnsafeRawPointer(base).distance(to: found)
}
