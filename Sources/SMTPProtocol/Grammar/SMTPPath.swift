package import Mail

/// Reads the paths of MAIL and RCPT, RFC 5321 section 4.1.2 and RFC 6531 section 3.3.
///
/// As lenient as Postfix without strict_rfc821_envelopes: angle brackets may be missing, white space may stand before the path,
/// dots may stand anywhere in a local part (some carriers issue such addresses), domains may hold underscores and end in a dot,
/// a domain may be missing (postmaster, and what the administrator's restrictions allow). Source routes are dropped.
/// Never allowed: controls, NUL, CR, LF, unquoted specials, parts over the limits.
package enum SMTPPath {
    /// RFC 5321 section 4.5.3.1.3 has 256 for the path; longer ones exist (VERP, SRS), so Postfix has no limit of its own.
    package static let maximumLength = 1024

    /// - Returns: nil when this is no path; an empty address for `<>`.
    static func read(_ cursor: inout ByteCursor) -> EmailAddress? {
        cursor.skipSpace()
        let isBracketed = cursor.take(UInt8(ascii: "<"))
        let start = cursor.index
        if isBracketed { cursor.skipSpace() }
        if isBracketed, cursor.take(UInt8(ascii: ">")) {
            return endsWord(cursor) ? EmailAddress(localPart: "", domain: "") : nil
        }
        if cursor.next == UInt8(ascii: "@"), !skipSourceRoute(&cursor) { return nil }
        guard let localPart = readLocalPart(&cursor) else { return nil }
        var domain = ""
        if cursor.take(UInt8(ascii: "@")) {
            guard let read = readDomain(&cursor) else { return nil }
            domain = read
        }
        if isBracketed {
            cursor.skipSpace()
            guard cursor.take(UInt8(ascii: ">")) else { return nil }
        }
        guard endsWord(cursor), cursor.index - start <= maximumLength, !localPart.isEmpty else { return nil }
        return EmailAddress(localPart: localPart, domain: domain)
    }

    /// Parses a whole address without brackets or white space (a table's, a command line's).
    package static func parse(_ text: String) -> EmailAddress? {
        var cursor = ByteCursor(Array(text.utf8))
        let address = read(&cursor)
        return cursor.isAtEnd ? address : nil
    }

    private static func endsWord(_ cursor: ByteCursor) -> Bool {
        cursor.next.map { $0 == .space || $0 == 0x09 } ?? true
    }

    /// A-d-l ":", which must be accepted, should not be generated, and should be ignored.
    private static func skipSourceRoute(_ cursor: inout ByteCursor) -> Bool {
        repeat {
            guard cursor.take(UInt8(ascii: "@")), readDomain(&cursor) != nil else { return false }
        } while cursor.take(UInt8(ascii: ","))
        return cursor.take(UInt8(ascii: ":"))
    }

    /// Dot-string or Quoted-string, and mixtures of both (obsolete syntax of RFC 5322), as internal form.
    private static func readLocalPart(_ cursor: inout ByteCursor) -> String? {
        var bytes: [UInt8] = []
        while let octet = cursor.next {
            if octet.isAtext || octet == .dot || octet >= 0x80 {
                bytes.append(octet)
                _ = cursor.take()
            } else if octet == UInt8(ascii: "\"") {
                guard readQuoted(&cursor, into: &bytes) else { return nil }
            } else {
                break
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func readQuoted(_ cursor: inout ByteCursor, into bytes: inout [UInt8]) -> Bool {
        _ = cursor.take()
        while let octet = cursor.take() {
            switch octet {
            case UInt8(ascii: "\""): return true
            case UInt8(ascii: "\\"):
                guard let escaped = cursor.take(), !escaped.isForbiddenControl else { return false }
                bytes.append(escaped)
            case let other where other.isForbiddenControl: return false
            default: bytes.append(octet)
            }
        }
        return false
    }

    private static func readDomain(_ cursor: inout ByteCursor) -> String? {
        if cursor.next == UInt8(ascii: "[") { return readLiteral(&cursor) }
        var bytes: [UInt8] = []
        while let octet = cursor.next, isDomainOctet(octet) {
            // No empty label.
            if octet == .dot, bytes.last == .dot || bytes.isEmpty { return nil }
            bytes.append(octet)
            _ = cursor.take()
        }
        if bytes.last == .dot { bytes.removeLast() }
        guard !bytes.isEmpty, bytes.count <= 255 else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func isDomainOctet(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "-"), UInt8(ascii: "_"), .dot, 0x80...:
            true
        default: false
        }
    }

    /// address-literal; whether it names an address is for the restrictions to judge.
    private static func readLiteral(_ cursor: inout ByteCursor) -> String? {
        var bytes: [UInt8] = []
        while let octet = cursor.take() {
            // dcontent: printable ASCII without brackets and backslash.
            guard octet > 0x20, octet < 0x7f, octet != UInt8(ascii: "\\") else { return nil }
            if octet == UInt8(ascii: "["), !bytes.isEmpty { return nil }
            bytes.append(octet)
            if octet == UInt8(ascii: "]") {
                guard bytes.count > 2, bytes.count <= 255 else { return nil }
                return String(decoding: bytes, as: UTF8.self)
            }
        }
        return nil
    }
}
