internal import Mail

/// Whether a name could be a host's, as Postfix's valid_hostname judges.
enum HostNameSyntax {
    static func isValid(_ name: String) -> Bool {
        var name = Substring(name)
        if name.hasSuffix("."), !name.hasSuffix("..") { name = name.dropLast() }
        guard !name.isEmpty, name.utf8.count <= 255 else { return false }
        var allNumeric = true
        for label in name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false) {
            guard (1...63).contains(label.count), label.first != UInt8(ascii: "-"), label.last != UInt8(ascii: "-") else {
                return false
            }
            for octet in label {
                switch octet {
                case UInt8(ascii: "0")...UInt8(ascii: "9"): break
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"),
                    UInt8(ascii: "_"), 0x80...:
                    allNumeric = false
                default: return false
                }
            }
        }
        return !allNumeric
    }

    static func isFullyQualified(_ name: String) -> Bool {
        isValid(name) && name.utf8.dropLast().contains(UInt8(ascii: "."))
    }

    /// `[192.0.2.1]`, `[IPv6:2001:db8::1]`
    static func isAddressLiteral(_ text: String) -> Bool {
        guard text.hasPrefix("["), text.hasSuffix("]") else { return false }
        var inner = text.dropFirst().dropLast()
        if inner.count > 5, inner.prefix(5).lowercased() == "ipv6:" { inner = inner.dropFirst(5) }
        return IPAddress(inner) != nil
    }
}
