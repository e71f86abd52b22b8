internal import Glibc

/// An IPv4 or IPv6 address.
///
/// IPv4 addresses mapped into IPv6 (`::ffff:a.b.c.d`, RFC 4291 section 2.5.5.2) are kept as they were given; see ``unmapped``.
package struct IPAddress: Hashable, Sendable {
    package enum Family: Sendable, Hashable { case v4, v6 }

    package let family: Family
    private let high: UInt64
    private let low: UInt64

    /// 4 or 16 bytes in network order; nil for another count.
    package init?(bytes: some Collection<UInt8>) {
        switch bytes.count {
        case 4:
            family = .v4
            high = 0
            low = bytes.reduce(0) { $0 << 8 | UInt64($1) }
        case 16:
            family = .v6
            high = bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
            low = bytes.dropFirst(8).reduce(0) { $0 << 8 | UInt64($1) }
        default: return nil
        }
    }

    /// Text without brackets, zone or prefix; nil when it is no address.
    package init?(_ text: String) {
        var bytes = [UInt8](repeating: 0, count: 16)
        let isV6 = text.utf8.contains(UInt8(ascii: ":"))
        let result = unsafe bytes.withUnsafeMutableBytes { unsafe inet_pton(isV6 ? AF_INET6 : AF_INET, text, $0.baseAddress) }
        guard result == 1 else { return nil }
        self.init(bytes: isV6 ? bytes[...] : bytes.prefix(4))
    }

    /// In network order.
    package var bytes: [UInt8] {
        func octets(_ value: UInt64, _ count: Int) -> [UInt8] {
            (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * (count - 1 - $0))) }
        }
        return family == .v4 ? octets(low, 4) : octets(high, 8) + octets(low, 8)
    }

    /// The IPv4 address in a mapped one, else itself.
    package var unmapped: IPAddress {
        guard family == .v6, high == 0, low >> 32 == 0xffff else { return self }
        return IPAddress(bytes: bytes.suffix(4)) ?? self
    }

    package var isLoopback: Bool {
        switch unmapped.family {
        case .v4: unmapped.low >> 24 == 127
        case .v6: high == 0 && low == 1
        }
    }

    /// The name under in-addr.arpa or ip6.arpa (RFC 1035 section 3.5, RFC 3596 section 2.5).
    package var reverseName: String {
        switch family {
        case .v4: bytes.reversed().map(String.init).joined(separator: ".") + ".in-addr.arpa"
        case .v6:
            bytes.reversed()
                .flatMap { [String($0 & 15, radix: 16), String($0 >> 4, radix: 16)] }
                .joined(separator: ".") + ".ip6.arpa"
        }
    }
}

extension IPAddress: CustomStringConvertible {
    package var description: String {
        if family == .v4 { return bytes.map(String.init).joined(separator: ".") }
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let bytes = bytes
        return unsafe bytes.withUnsafeBytes { source in
            unsafe text.withUnsafeMutableBufferPointer { target in
                guard let base = target.baseAddress,
                    let result = unsafe inet_ntop(AF_INET6, source.baseAddress, base, socklen_t(target.count))
                else { return "" }
                return unsafe String(cString: result)
            }
        }
    }
}
