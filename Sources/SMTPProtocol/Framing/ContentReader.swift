/// The one reader of message content on SMTP: takes the octets after DATA, removes the dots of RFC 5321 section 4.5.2, and
/// finds the end.
///
/// Only CR LF `.` CR LF ends content (or `.` CR LF right after the command). A bare LF is a line's end that can never be part of
/// the end of content: it leaves as CR LF (smtpd_forbid_bare_newline = normalize). A bare CR leaves as a space. So what comes out
/// has one notion of a line, the same on each hop to follow. NUL and 8-bit octets pass.
/// Whole buffers are scanned with memchr; `emit` is called for each long run, not for each byte.
/// *Failure:* none; every sequence of octets is content or ends it.
package struct ContentReader: Sendable {
    /// Where the next octet stands.
    private enum Position {
        /// `afterCRLF`: only then may a dot end the content.
        case lineStart(afterCRLF: Bool)
        /// A dot at the line's start has been taken away.
        case dot(afterCRLF: Bool)
        /// That dot and a CR.
        case dotCarriageReturn(afterCRLF: Bool)
        case insideLine
        /// A CR has not been given out yet.
        case carriageReturn
    }

    private var position = Position.lineStart(afterCRLF: true)
    /// Octets given out so far: the size in wire form.
    package private(set) var size: UInt64 = 0
    /// Whether any line given out begins with a dot.
    package private(set) var hasDotLines = false
    package private(set) var hasBareLineFeed = false
    package private(set) var hasBareCarriageReturn = false
    package private(set) var isComplete = false

    package init() {}

    /// Takes as much of the input as is content, and gives out what it says.
    /// - Returns: how many octets were taken: all, or fewer when the content ended (``isComplete``); commands may follow.
    package mutating func read(_ input: Span<UInt8>, emit: (ContentPiece) -> Void) -> Int {
        precondition(!isComplete, "content after its end")
        var index = 0
        var runStart = 0
        while index < input.count {
            switch position {
            case .insideLine:
                index = insideLine(input, index, &runStart, emit)
            case .lineStart(let afterCRLF):
                position = .insideLine
                if input[index] == .dot {
                    flush(runStart..<index, emit)
                    index += 1
                    runStart = index
                    position = .dot(afterCRLF: afterCRLF)
                }
            case .dot(let afterCRLF):
                index = afterDot(input, index, &runStart, afterCRLF, emit)
            case .dotCarriageReturn(let afterCRLF):
                if input[index] == .lineFeed {
                    index += 1
                    runStart = index
                    if afterCRLF {
                        isComplete = true
                        return index
                    }
                    give(.lineEnd, 2, emit)
                    position = .lineStart(afterCRLF: true)
                } else {
                    bareCarriageReturn(emit)
                }
            case .carriageReturn:
                if input[index] == .lineFeed {
                    index += 1
                    runStart = index
                    give(.lineEnd, 2, emit)
                    position = .lineStart(afterCRLF: true)
                } else {
                    bareCarriageReturn(emit)
                }
            }
        }
        flush(runStart..<index, emit)
        return index
    }

    /// From inside a line to the start of the next, or to the end of the input.
    private mutating func insideLine(
        _ input: Span<UInt8>, _ start: Int, _ runStart: inout Int, _ emit: (ContentPiece) -> Void
    ) -> Int {
        let lineFeed = input.firstIndex(of: .lineFeed, from: start, to: input.count)
        let end = lineFeed ?? input.count
        if let carriageReturn = input.firstIndex(of: .carriageReturn, from: start, to: end) {
            if carriageReturn + 1 < end {
                flush(runStart..<carriageReturn, emit)
                bareCarriageReturn(emit)
                runStart = carriageReturn + 1
                return runStart
            }
            if lineFeed == nil {
                flush(runStart..<carriageReturn, emit)
                runStart = input.count
                position = .carriageReturn
                return input.count
            }
            position = .lineStart(afterCRLF: true)
            return end + 1
        }
        guard let lineFeed else { return input.count }
        flush(runStart..<lineFeed, emit)
        bareLineFeed(emit)
        runStart = lineFeed + 1
        return runStart
    }

    private mutating func afterDot(
        _ input: Span<UInt8>, _ index: Int, _ runStart: inout Int, _ afterCRLF: Bool, _ emit: (ContentPiece) -> Void
    ) -> Int {
        switch input[index] {
        case .carriageReturn:
            runStart = index + 1
            position = .dotCarriageReturn(afterCRLF: afterCRLF)
        case .lineFeed:
            runStart = index + 1
            bareLineFeed(emit)
        case let octet:
            if octet == .dot { hasDotLines = true }
            position = .insideLine
            return index
        }
        return index + 1
    }

    private mutating func bareLineFeed(_ emit: (ContentPiece) -> Void) {
        hasBareLineFeed = true
        give(.lineEnd, 2, emit)
        position = .lineStart(afterCRLF: false)
    }

    private mutating func bareCarriageReturn(_ emit: (ContentPiece) -> Void) {
        hasBareCarriageReturn = true
        give(.space, 1, emit)
        position = .insideLine
    }

    private mutating func flush(_ run: Range<Int>, _ emit: (ContentPiece) -> Void) {
        if !run.isEmpty { give(.input(run), run.count, emit) }
    }

    private mutating func give(_ piece: ContentPiece, _ octets: Int, _ emit: (ContentPiece) -> Void) {
        size &+= UInt64(octets)
        emit(piece)
    }
}
