/// The one writer of message content on SMTP: hides dots at the beginning of lines and ends the content, RFC 5321 section 4.5.2.
///
/// What the spool holds has no bare CR or LF. Should any be there all the same (a damaged file, another program's words), they
/// leave as ``ContentReader`` would have written them, so that no receiver finds an end that we did not mean.
/// *Failure:* none.
package struct ContentWriter: Sendable {
    private enum Position { case lineStart, insideLine, carriageReturn }
    private var position = Position.lineStart

    package init() {}

    /// Gives out the content's octets for the wire; `emit` is called for each long run.
    package mutating func write(_ input: Span<UInt8>, emit: (ContentPiece) -> Void) {
        var index = 0
        var runStart = 0
        while index < input.count {
            switch position {
            case .lineStart:
                if input[index] == .dot {
                    if runStart < index { emit(.input(runStart..<index)) }
                    runStart = index
                    emit(.dot)
                }
                position = .insideLine
            case .carriageReturn:
                if input[index] == .lineFeed {
                    emit(.lineEnd)
                    index += 1
                    position = .lineStart
                } else {
                    emit(.space)
                    position = .insideLine
                }
                runStart = index
            case .insideLine:
                index = insideLine(input, index, &runStart, emit)
            }
        }
        if runStart < index { emit(.input(runStart..<index)) }
    }

    private mutating func insideLine(
        _ input: Span<UInt8>, _ start: Int, _ runStart: inout Int, _ emit: (ContentPiece) -> Void
    ) -> Int {
        let lineFeed = input.firstIndex(of: .lineFeed, from: start, to: input.count)
        let end = lineFeed ?? input.count
        if let carriageReturn = input.firstIndex(of: .carriageReturn, from: start, to: end) {
            if lineFeed != nil, carriageReturn + 1 == end {
                position = .lineStart
                return end + 1
            }
            if runStart < carriageReturn { emit(.input(runStart..<carriageReturn)) }
            runStart = carriageReturn + 1
            if runStart == input.count { position = .carriageReturn } else { emit(.space) }
            return runStart
        }
        guard let lineFeed else { return input.count }
        if runStart < lineFeed { emit(.input(runStart..<lineFeed)) }
        emit(.lineEnd)
        runStart = lineFeed + 1
        position = .lineStart
        return runStart
    }

    /// What must follow the last octet: the end of an unfinished line, the dot, CR LF.
    package consuming func end() -> StaticString {
        switch position {
        case .lineStart: ".\r\n"
        case .insideLine, .carriageReturn: "\r\n.\r\n"
        }
    }
}
