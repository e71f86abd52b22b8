/// xtext of RFC 3461 section 4: printable ASCII in which `+`, `=` and everything else is written as `+` and two hexadecimal digits.
package enum XText {
    package static func encode(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for octet in text.utf8 {
            if octet > 0x20 && octet < 0x7f && octet != UInt8(ascii: "+") && octet != UInt8(ascii: "=") {
                bytes.append(octet)
            } else {
                bytes.append(UInt8(ascii: "+"))
                bytes.append(digits[Int(octet >> 4)])
                bytes.append(digits[Int(octet & 15)])
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// nil when this is no xtext, or hides controls or octets that are no UTF-8.
    package static func decode(_ text: some Collection<UInt8>) -> String? {
        var bytes: [UInt8] = []
        var octets = text.makeIterator()
        while let octet = octets.next() {
            var value = octet
            if octet == UInt8(ascii: "+") {
                guard let high = octets.next().flatMap(hexadecimal), let low = octets.next().flatMap(hexadecimal) else {
                    return nil
                }
                value = high << 4 | low
            } else if octet <= 0x20 || octet == 0x7f || octet == UInt8(ascii: "=") {
                return nil
            }
            guard value >= 0x20, value != 0x7f else { return nil }
            bytes.append(value)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func hexadecimal(_ octet: UInt8) -> UInt8? {
        switch octet {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): octet - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): octet - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "f"): octet - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
