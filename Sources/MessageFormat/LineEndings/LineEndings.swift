/// LF of local programs to CRLF of the wire, over any split of the input.
///
/// A CRLF stays one; a carriage return that ends no line becomes a space, as cleanup_replace_stray_cr_lf does.
package struct WireLineEndings: Sendable {
    private var pendingCarriageReturn = false
    private var isAtLineStart = true

    package init() {}

    package mutating func append(_ input: borrowing Span<UInt8>, to output: inout [UInt8]) {
        unsafe input.withUnsafeBufferPointer { buffer in unsafe convert(buffer, to: &output) }
    }

    /// What the last byte left open; and, so that the body always ends with a line, the missing CRLF.
    package mutating func finish(into output: inout [UInt8]) {
        if pendingCarriageReturn { output.append(0x20) }
        if !isAtLineStart || pendingCarriageReturn { output.append(contentsOf: [0x0d, 0x0a]) }
        pendingCarriageReturn = false
        isAtLineStart = true
    }

    private mutating func convert(_ input: UnsafeBufferPointer<UInt8>, to output: inout [UInt8]) {
        guard input.count > 0 else { return }
        output.reserveCapacity(output.count + input.count + input.count / 32 + 4)
        var position = 0
        if pendingCarriageReturn {
            pendingCarriageReturn = false
            if unsafe input[0] != 0x0a {
                output.append(0x20)
                isAtLineStart = false
            }
        }
        while position < input.count {
            let found = unsafe nextLineFeed(input, from: position)
            let lineEnd = found ?? input.count
            var textEnd = lineEnd
            if unsafe lineEnd > position && input[lineEnd - 1] == 0x0d {
                textEnd -= 1
                if found == nil { pendingCarriageReturn = true }
            }
            unsafe Self.appendText(UnsafeBufferPointer(rebasing: input[position..<textEnd]), to: &output)
            if found == nil {
                if textEnd > position { isAtLineStart = false }
                return
            }
            output.append(0x0d)
            output.append(0x0a)
            isAtLineStart = true
            position = lineEnd + 1
        }
    }

    /// Text without LF: stray carriage returns become spaces.
    private static func appendText(_ text: UnsafeBufferPointer<UInt8>, to output: inout [UInt8]) {
        let start = output.count
        unsafe output.append(contentsOf: text)
        guard unsafe nextByte(0x0d, text, from: 0) != nil else { return }
        for index in start..<output.count where output[index] == 0x0d { output[index] = 0x20 }
    }
}

/// CRLF of the wire to LF of mailboxes, over any split of the input. A carriage return that ends no line is kept.
package struct MailboxLineEndings: Sendable {
    private var pendingCarriageReturn = false
    /// Whether the next byte begins a line.
    package private(set) var isAtLineStart = true

    package init() {}

    package mutating func append(_ input: borrowing Span<UInt8>, to output: inout [UInt8]) {
        unsafe input.withUnsafeBufferPointer { buffer in unsafe convert(buffer, to: &output) }
    }

    /// What the last byte left open, and the missing LF of the last line.
    package mutating func finish(into output: inout [UInt8]) {
        if pendingCarriageReturn { output.append(0x0d) }
        if !isAtLineStart || pendingCarriageReturn { output.append(0x0a) }
        pendingCarriageReturn = false
        isAtLineStart = true
    }

    private mutating func convert(_ input: UnsafeBufferPointer<UInt8>, to output: inout [UInt8]) {
        guard input.count > 0 else { return }
        output.reserveCapacity(output.count + input.count + 1)
        if pendingCarriageReturn {
            pendingCarriageReturn = false
            if unsafe input[0] != 0x0a {
                output.append(0x0d)
                isAtLineStart = false
            }
        }
        var position = 0
        while position < input.count {
            guard let lineEnd = unsafe nextLineFeed(input, from: position) else {
                let endsInReturn = unsafe input[input.count - 1] == 0x0d
                let textEnd = endsInReturn ? input.count - 1 : input.count
                unsafe output.append(contentsOf: input[position..<textEnd])
                if textEnd > position { isAtLineStart = false }
                pendingCarriageReturn = endsInReturn
                return
            }
            let textEnd = unsafe lineEnd > position && input[lineEnd - 1] == 0x0d ? lineEnd - 1 : lineEnd
            unsafe output.append(contentsOf: input[position..<textEnd])
            output.append(0x0a)
            isAtLineStart = true
            position = lineEnd + 1
        }
    }
}
