internal import Configuration

/// The names in a value: every `$name`, `${name…` and `$(name…`, on both sides of a condition too.
enum References {
    /// - Parameter warnings: gets what is wrong, in Postfix's words.
    static func names(in text: String, warnings: inout [String]) -> [String] {
        guard text.utf8.contains(UInt8(ascii: "$")) else { return [] }
        var names: [String] = []
        scan(Array(text.utf8)[...], &names, &warnings)
        return names
    }

    private static func scan(_ text: ArraySlice<UInt8>, _ names: inout [String], _ warnings: inout [String]) {
        var rest = text
        while let dollar = rest.firstIndex(of: UInt8(ascii: "$")) {
            rest = rest[(dollar + 1)...]
            switch rest.first {
            case UInt8(ascii: "$"): rest = rest.dropFirst()
            case UInt8(ascii: "{"), UInt8(ascii: "("):
                guard let end = closing(rest) else {
                    warnings.append("truncated macro reference: \"\(String(decoding: text, as: UTF8.self))\"")
                    return
                }
                inside(rest[(rest.startIndex + 1)..<end], &names, &warnings)
                rest = rest[(end + 1)...]
            default:
                let name = rest.prefix(while: isNameByte)
                if name.isEmpty {
                    warnings.append("empty macro name: \"\(String(decoding: text, as: UTF8.self))\"")
                    return
                }
                names.append(String(decoding: name, as: UTF8.self))
                rest = rest[name.endIndex...]
            }
        }
    }

    private static func inside(_ text: ArraySlice<UInt8>, _ names: inout [String], _ warnings: inout [String]) {
        let start = text.drop { $0.isWhiteSpace }
        let name = start.prefix(while: isNameByte)
        if !name.isEmpty { names.append(String(decoding: name, as: UTF8.self)) }
        scan(start[name.endIndex...], &names, &warnings)
    }

    private static func closing(_ text: ArraySlice<UInt8>) -> Int? {
        guard let open = text.first else { return nil }
        let close = open == UInt8(ascii: "{") ? UInt8(ascii: "}") : UInt8(ascii: ")")
        var depth = 0
        for index in text.indices {
            if text[index] == open { depth += 1 }
            if text[index] == close {
                depth -= 1
                if depth == 0 { return index }
            }
        }
        return nil
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "_") || byte >= 0x30 && byte <= 0x39 || byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7a
    }
}
