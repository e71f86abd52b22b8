internal import CIDN2

/// What may be asked of the DNS: labels of 1 to 63 and names of at most 253 bytes (RFC 1035 section 2.3.4), of printable ASCII.
///
/// Names with other characters are converted to A-labels (RFC 5891, RFC 6531 section 3.2).
enum DomainName {
    static let maximumLength = 253
    static let maximumLabel = 63

    /// The name as it is asked for: A-labels, no trailing dot; nil when no such name can exist.
    static func normalized(_ text: String) -> String? {
        guard text.utf8.allSatisfy({ $0 < 0x80 }) else { return aLabels(text).flatMap(normalized) }
        var bytes = text.utf8[...]
        if bytes.last == UInt8(ascii: ".") { bytes = bytes.dropLast() }
        guard (1...maximumLength).contains(bytes.count) else { return nil }
        var label = 0
        for byte in bytes {
            if byte == UInt8(ascii: ".") {
                guard label > 0 else { return nil }
                label = 0
            } else {
                // A backslash would begin an escape in libunbound's text form.
                guard byte > 0x20, byte < 0x7f, byte != UInt8(ascii: "\\") else { return nil }
                label += 1
                guard label <= maximumLabel else { return nil }
            }
        }
        return label > 0 ? String(bytes) : nil
    }

    private static func aLabels(_ text: String) -> String? {
        // A longer one would only get longer.
        guard text.utf8.count <= 4 * maximumLength else { return nil }
        var result: UnsafeMutablePointer<CChar>?
        let flags = Int32(IDN2_NONTRANSITIONAL.rawValue | IDN2_NFC_INPUT.rawValue)
        guard unsafe idn2_to_ascii_8z(text, &result, flags) == IDN2_OK.rawValue, let result = unsafe result else { return nil }
        defer { unsafe idn2_free(result) }
        return unsafe String(cString: result)
    }

    /// Whether a name from an answer may be used as a host: letters, digits, hyphen, underscore (and `/` of RFC 2317) only, so
    /// that it can go into logs, commands and further queries.
    static func isSafe(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "/"):
            true
        default: false
        }
    }
}
