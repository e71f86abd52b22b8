package import Mail

package enum AddressFamily: Sendable, Hashable { case v4, v6 }

extension IPAddress {
    package var family: AddressFamily { isIPv6 ? .v6 : .v4 }

    package var isLoopback: Bool {
        isIPv6 ? bytes.dropLast().allSatisfy { $0 == 0 } && bytes.last == 1 : bytes.first == 127
    }

    /// The name under in-addr.arpa or ip6.arpa (RFC 1035 section 3.5, RFC 3596 section 2.5).
    package var reverseName: String {
        if isIPv6 {
            return bytes.reversed()
                .flatMap { [String($0 & 15, radix: 16), String($0 >> 4, radix: 16)] }
                .joined(separator: ".") + ".ip6.arpa"
        }
        return bytes.reversed().map { String($0) }.joined(separator: ".") + ".in-addr.arpa"
    }
}
