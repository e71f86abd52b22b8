/// What an mbox needs of a message in LF form: `>` before lines that begin with `From `, and an empty line at its end.
///
/// Works over any split of the input.
struct FromQuoting {
    private static let mark = Array("From ".utf8)
    /// How much of the mark the current line has shown so far; nil once it differs.
    private var matched: Int? = 0

    mutating func append(_ input: [UInt8], to output: inout [UInt8]) {
        output.reserveCapacity(output.count + input.count + 16)
        var position = 0
        while position < input.count {
            if let seen = matched {
                step(input[position], seen: seen, to: &output)
                position += 1
            } else {
                let end = input[position...].firstIndex(of: 0x0a).map { $0 + 1 } ?? input.count
                output.append(contentsOf: input[position..<end])
                if input[end - 1] == 0x0a { matched = 0 }
                position = end
            }
        }
    }

    private mutating func step(_ byte: UInt8, seen: Int, to output: inout [UInt8]) {
        if byte == Self.mark[seen] {
            matched = seen + 1
            guard seen + 1 == Self.mark.count else { return }
            output.append(UInt8(ascii: ">"))
            output.append(contentsOf: Self.mark)
            matched = nil
        } else {
            output.append(contentsOf: Self.mark[..<seen])
            output.append(byte)
            matched = byte == 0x0a ? 0 : nil
        }
    }

    /// What was held back, the last line's end if it has none, and the empty line.
    mutating func finish(into output: inout [UInt8]) {
        if let seen = matched, seen > 0 { output.append(contentsOf: Self.mark[..<seen]) }
        if matched != 0 { output.append(0x0a) }
        output.append(0x0a)
        matched = 0
    }
}
