/// How postconf writes: white space made one, and with `-f` lines folded at 79 columns.
enum Layout {
    private static let lineLimit = 80
    private static let indent = 4
    private static let blanks: Set<UInt8> = [0x20, 0x09, 0x0d, 0x0a]
    /// Where the columns of master.cf begin.
    private static let columns = [0, 11, 17, 25, 33, 41, 49, 57]

    /// A setting, with its line end.
    static func line(_ text: String, folded: Bool) -> String {
        var result = ""
        var length = 0
        for word in text.utf8.split(whereSeparator: { blanks.contains($0) }) {
            if length > 0 {
                if !folded || length + word.count < lineLimit {
                    result += " "
                    length += 1
                } else {
                    result += "\n" + String(repeating: " ", count: indent)
                    length = indent
                }
            }
            result += String(decoding: word, as: UTF8.self)
            length += word.count
        }
        return result + "\n"
    }

    /// A service as master.cf has it.
    static func service<Failure: Error>(
        _ service: ServiceWords, folded: Bool, expand: (String) throws(Failure) -> String
    ) throws(Failure) -> String {
        var text = ""
        var length = 0
        for (field, word) in service.words[...ServiceWords.commandField].enumerated() {
            if length > 0 {
                let count = max(1, columns[field] - length)
                text += String(repeating: " ", count: count)
                length += count
            }
            text += word
            length += word.utf8.count
        }
        return try arguments(service, after: text, length: length, folded: folded, expand: expand)
    }

    /// `name/type/field = value`, or the value alone.
    static func field<Failure: Error>(
        _ field: Int, of service: ServiceWords, label: String, folded: Bool, expand: (String) throws(Failure) -> String
    ) throws(Failure) -> String {
        var text = label
        var length = label.utf8.count
        let value = service.words[field]
        if !label.isEmpty, length + value.utf8.count > lineLimit {
            text += "\n" + String(repeating: " ", count: indent)
            length = indent
        }
        text += value
        length += value.utf8.count
        guard field == ServiceWords.commandField else { return text + "\n" }
        return try arguments(service, after: text, length: length, folded: folded, expand: expand)
    }

    private static func arguments<Failure: Error>(
        _ service: ServiceWords, after start: String, length startLength: Int, folded: Bool,
        expand: (String) throws(Failure) -> String
    ) throws(Failure) -> String {
        var text = start
        var length = startLength
        var inOptions = true
        var rest = service.arguments
        while let word = rest.popFirst() {
            var item = word
            var itemLength = word.utf8.count
            var endsLine = false
            if inOptions, !ServiceWords.isOption(word) { inOptions = false }
            if inOptions, word.hasPrefix("-o"), var value = rest.popFirst() {
                if word == "-o" { value = try expand(value) }
                // An option with a value begins a line, and ends it.
                length = lineLimit
                endsLine = true
                itemLength += value.utf8.count + 1 + (hasBlank(value) ? 2 : 0)
                item += " " + (hasBlank(value) ? "{\(value)}" : value)
            } else if !inOptions, hasBlank(word) {
                item = "{\(word)}"
            }
            if length > indent {
                if !folded || length + 1 + itemLength < lineLimit {
                    text += " "
                    length += 1
                } else {
                    text += "\n" + String(repeating: " ", count: indent)
                    length = indent
                }
            }
            text += item
            length = endsLine ? lineLimit : length + item.utf8.count
        }
        return text + "\n"
    }

    private static func hasBlank(_ word: String) -> Bool { word.utf8.contains { blanks.contains($0) } }
}
