internal import Mail

/// A display name as RFC 5322 section 3.2.5 wants it: words that are no atoms make it a quoted string.
package enum Phrase {
    package static func text(_ name: String) -> String {
        let flat = String(name.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7f ? " " : Character($0) })
        let isPlain = flat.utf8.allSatisfy { $0.isAtext || $0 == UInt8(ascii: " ") || $0 >= 0x80 }
        return isPlain ? flat : quoted(flat)
    }

    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            if scalar == "\"" || scalar == "\\" { result.append("\\") }
            result.unicodeScalars.append(scalar)
        }
        return result + "\""
    }
}
