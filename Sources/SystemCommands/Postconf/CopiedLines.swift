internal import Configuration

/// The physical lines of main.cf or master.cf while it is copied: comments and empty lines are nobody's and stay where they are.
struct CopiedLines {
    enum Line {
        case comment(String)
        /// The first line of a setting or service.
        case start(String)
        case continuation(String)
    }

    /// Each line with its line end, which the last one gets if it has none.
    static func split(_ bytes: [UInt8]) -> [Line] {
        var lines: [Line] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let end = rest.firstIndex(of: UInt8(ascii: "\n")) ?? rest.endIndex
            let line = rest[..<end]
            rest = rest[min(end + 1, rest.endIndex)...]
            let text = String(decoding: line, as: UTF8.self) + "\n"
            guard let first = line.first(where: { !$0.isWhiteSpace }), first != UInt8(ascii: "#") else {
                lines.append(.comment(text))
                continue
            }
            lines.append(line.first?.isWhiteSpace == true ? .continuation(text) : .start(text))
        }
        return lines
    }
}
