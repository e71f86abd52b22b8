/// xtext of RFC 3461 section 4: printable ASCII with `+` and `=` as `+HH`.
package enum XText {
    private static let hexadecimal = Array("0123456789ABCDEF".utf8)

    package static func encode(_ text: String) -> String {
        var result: [UInt8] = []
        for byte in text.utf8 {
            if byte > 0x20 && byte < 0x7f && byte != UInt8(ascii: "+") && byte != UInt8(ascii: "=") {
                result.append(byte)
            } else {
                result.append(UInt8(ascii: "+"))
                result.append(hexadecimal[Int(byte >> 4)])
                result.append(hexadecimal[Int(byte & 15)])
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// nil when the grammar does not hold, or the result is no UTF-8 or has control characters.
    package static func decode(_ text: String) -> String? {
        var result: [UInt8] = []
        var bytes = text.utf8.makeIterator()
        while let byte = bytes.next() {
            if byte == UInt8(ascii: "+") {
                guard let high = bytes.next().flatMap(digit), let low = bytes.next().flatMap(digit) else { return nil }
                result.append(high << 4 | low)
            } else {
                guard byte > 0x20, byte != 0x7f, byte != UInt8(ascii: "=") else { return nil }
                result.append(byte)
            }
        }
        guard result.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else { return nil }
        return String(validating: result, as: UTF8.self)
    }

    /// Upper-case hexadecimal digits only, as the RFC says; lower case is accepted, since senders use it.
    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        default: nil
        }
    }
}
