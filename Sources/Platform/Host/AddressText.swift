internal import Glibc

/// An IP address (4 or 16 bytes in network order) as people write it, without brackets; nil for another length.
package func addressText(_ bytes: [UInt8]) -> String? {
    guard bytes.count == 4 || bytes.count == 16 else { return nil }
    var buffer = [UInt8](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    let written = unsafe buffer.withUnsafeMutableBytes { buffer in
        unsafe bytes.withUnsafeBytes { bytes in
            unsafe inet_ntop(
                bytes.count == 4 ? AF_INET : AF_INET6, bytes.baseAddress,
                buffer.baseAddress?.assumingMemoryBound(to: CChar.self), socklen_t(buffer.count)) != nil
        }
    }
    return written ? String(decoding: buffer.prefix { $0 != 0 }, as: UTF8.self) : nil
}

/// The 4 or 16 bytes of an IPv4 or IPv6 address without brackets; nil when it is none.
package func addressBytes(_ text: String) -> [UInt8]? {
    let isIPv6 = text.utf8.contains(UInt8(ascii: ":"))
    guard text.utf8.count < Int(INET6_ADDRSTRLEN), !text.utf8.contains(0) else { return nil }
    var bytes = [UInt8](repeating: 0, count: isIPv6 ? 16 : 4)
    let result = unsafe bytes.withUnsafeMutableBytes { unsafe inet_pton(isIPv6 ? AF_INET6 : AF_INET, text, $0.baseAddress) }
    return result == 1 ? bytes : nil
}
