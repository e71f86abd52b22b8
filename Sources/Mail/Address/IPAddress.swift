/// An IPv4 or IPv6 address. IPv4 in IPv6 (`::ffff:192.0.2.1`) is IPv4.
package struct IPAddress: Hashable, Sendable, CustomStringConvertible {
    /// 4 or 16 bytes in network order.
    package let bytes: [UInt8]

    /// nil unless there are 4 or 16 bytes.
    package init?(bytes: [UInt8]) {
        switch bytes.count {
        case 4: self.bytes = bytes
        case 16:
            let isMapped = bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xff && bytes[11] == 0xff
            self.bytes = isMapped ? Array(bytes[12...]) : bytes
        default: return nil
        }
    }

    /// Without brackets, prefix or zone; nil when the text is no address.
    package init?(_ text: some StringProtocol) {
        let utf8 = Array(text.utf8)
        guard utf8.count <= 45 else { return nil }
        if utf8.contains(UInt8(ascii: ":")) {
            guard let bytes = Self.parseIPv6(utf8[...]) else { return nil }
            self.init(bytes: bytes)
        } else {
            guard let bytes = Self.parseIPv4(utf8[...]) else { return nil }
            self.init(bytes: bytes)
        }
    }

    package var isIPv6: Bool { bytes.count == 16 }

    /// The first `prefixLength` bits, the others zero.
    package func masked(to prefixLength: Int) -> IPAddress {
        let result = bytes.enumerated().map { index, byte in
            let bits = min(8, max(0, prefixLength - index * 8))
            return bits == 0 ? 0 : byte & (0xff << UInt8(8 - bits))
        }
        return IPAddress(bytes: result) ?? self
    }

    package var description: String { isIPv6 ? ipv6Text : bytes.map { String($0) }.joined(separator: ".") }

    /// RFC 5952: the longest run of zero groups is `::`, lower case, no leading zeros.
    private var ipv6Text: String {
        let groups = stride(from: 0, to: 16, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
        var best = 0..<0
        var start = 0
        while start < 8 {
            guard groups[start] == 0 else {
                start += 1
                continue
            }
            let end = groups[start...].firstIndex { $0 != 0 } ?? 8
            if end - start > max(1, best.count) { best = start..<end }
            start = end
        }
        func hex(_ range: Range<Int>) -> String { groups[range].map { String($0, radix: 16) }.joined(separator: ":") }
        return best.isEmpty ? hex(0..<8) : hex(0..<best.lowerBound) + "::" + hex(best.upperBound..<8)
    }

    private static func parseIPv4(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        let parts = text.split(separator: UInt8(ascii: "."), maxSplits: 4, omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bytes: [UInt8] = []
        for part in parts {
            guard (1...3).contains(part.count), part.allSatisfy(\.isASCIIDigit),
                part.count == 1 || part.first != UInt8(ascii: "0")
            else { return nil }
            let number = part.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
            guard let byte = UInt8(exactly: number) else { return nil }
            bytes.append(byte)
        }
        return bytes
    }

    private static func parseIPv6(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        let colon = UInt8(ascii: ":")
        for index in text.indices.dropLast() where text[index] == colon && text[index + 1] == colon {
            let left = index == text.startIndex ? [] : groups(text[..<index], allowIPv4: false)
            let after = text[(index + 2)...]
            let right = after.isEmpty ? [] : groups(after, allowIPv4: true)
            guard let left, let right, left.count + right.count <= 14 else { return nil }
            return left + [UInt8](repeating: 0, count: 16 - left.count - right.count) + right
        }
        guard let bytes = groups(text, allowIPv4: true), bytes.count == 16 else { return nil }
        return bytes
    }

    /// `a:b:c`, possibly ending with a dotted quad.
    private static func groups(_ text: ArraySlice<UInt8>, allowIPv4: Bool) -> [UInt8]? {
        let parts = text.split(separator: UInt8(ascii: ":"), maxSplits: 8, omittingEmptySubsequences: false)
        var bytes: [UInt8] = []
        for (index, part) in parts.enumerated() {
            if part.contains(UInt8(ascii: ".")) {
                guard allowIPv4, index == parts.count - 1, let quad = parseIPv4(part) else { return nil }
                bytes.append(contentsOf: quad)
            } else {
                guard (1...4).contains(part.count), let number = UInt16(String(decoding: part, as: UTF8.self), radix: 16),
                    part.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") })
                else { return nil }
                bytes.append(UInt8(number >> 8))
                bytes.append(UInt8(number & 0xff))
            }
        }
        return bytes.count <= 16 ? bytes : nil
    }
}

/// A network: an address and how many of its first bits count.
package struct IPNetwork: Hashable, Sendable, CustomStringConvertible {
    package let address: IPAddress
    package let prefixLength: Int

    /// `192.0.2.0/24`, `2001:db8::/32`, `[2001:db8::]/32`, `[2001:db8::/32]` or an address; nil when it is none of these, or has
    /// bits behind the prefix.
    package init?(_ text: some StringProtocol) {
        var plain = String(text)
        if plain.utf8.first == UInt8(ascii: "[") {
            let inside = plain.dropFirst()
            guard let end = inside.lastIndex(of: "]") else { return nil }
            plain = String(inside[..<end]) + inside[inside.index(after: end)...]
        }
        let parts = plain.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = IPAddress(parts[0]) else { return nil }
        let writtenBits = parts[0].contains(":") ? 128 : 32
        var length = writtenBits
        if parts.count == 2 {
            guard !parts[1].isEmpty, parts[1].utf8.allSatisfy(\.isASCIIDigit), let number = Int(parts[1]), number <= length
            else {
                return nil
            }
            length = number
        }
        // An IPv4 network written as IPv6 (::ffff:192.0.2.0/120).
        if writtenBits == 128, !address.isIPv6 {
            guard length >= 96 else { return nil }
            length -= 96
        }
        self.init(address: address, prefixLength: length)
        guard address.masked(to: length) == address else { return nil }
    }

    package init(address: IPAddress, prefixLength: Int) {
        self.address = address
        self.prefixLength = prefixLength
    }

    package func contains(_ other: IPAddress) -> Bool {
        other.bytes.count == address.bytes.count && other.masked(to: prefixLength) == address
    }

    package var description: String { "\(address)/\(prefixLength)" }
}
