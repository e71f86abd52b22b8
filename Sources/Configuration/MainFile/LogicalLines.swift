/// The lines of main.cf, master.cf and text tables as Postfix reads them: empty lines and lines that begin with `#` are
/// nothing, a line that begins with white space continues the one before, across such lines too.
package struct LogicalLines: Sequence, IteratorProtocol {
    /// A line with its continuations; the line breaks are gone, the white space that began a continuation is kept.
    package struct Line: Equatable, Sendable {
        package var text: String
        /// Of its first physical line, from 1.
        package var number: Int
        package init(text: String, number: Int) {
            self.text = text
            self.number = number
        }
    }

    private let bytes: [UInt8]
    private var position = 0
    private var number = 0

    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    package mutating func next() -> Line? {
        var collected: [UInt8] = []
        var first = 0
        while position < bytes.count {
            if !collected.isEmpty {
                let ahead = bytes[position]
                if ahead != UInt8(ascii: "#") && !ahead.isWhiteSpace { break }
            }
            let line = physicalLine()
            guard let start = line.first(where: { !$0.isWhiteSpace }), start != UInt8(ascii: "#") else { continue }
            if collected.isEmpty { first = number }
            collected.append(contentsOf: line)
        }
        guard !collected.isEmpty else { return nil }
        return Line(text: String(decoding: collected, as: UTF8.self), number: first)
    }

    private mutating func physicalLine() -> ArraySlice<UInt8> {
        let end = bytes[position...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
        defer {
            position = end + 1
            number += 1
        }
        return bytes[position..<end]
    }
}

extension UInt8 {
    /// isspace() of the C locale.
    package var isWhiteSpace: Bool { self == 0x20 || (self >= 0x09 && self <= 0x0d) }
    var isNameCharacter: Bool {
        self == UInt8(ascii: "_") || (self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9"))
            || (self | 0x20 >= UInt8(ascii: "a") && self | 0x20 <= UInt8(ascii: "z"))
    }
}

extension Substring {
    /// Without white space at either end.
    package var trimmed: Substring {
        let bytes = utf8
        guard let first = bytes.firstIndex(where: { !$0.isWhiteSpace }),
            let last = bytes.lastIndex(where: { !$0.isWhiteSpace })
        else { return self[endIndex...] }
        return self[first...last]
    }
}

extension String {
    package var trimmed: Substring { self[...].trimmed }
}
