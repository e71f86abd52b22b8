internal import Glibc
internal import Platform

/// Standard input in pieces, as long as there is some.
struct StandardInput {
    static let pieceSize = 64 << 10

    /// The next bytes; empty at the end.
    mutating func next() throws(SystemError) -> [UInt8] {
        while true {
            var failure: Int32 = 0
            let bytes = unsafe [UInt8](unsafeUninitializedCapacity: Self.pieceSize) { buffer, count in
                let got = unsafe read(0, buffer.baseAddress, buffer.count)
                count = max(0, got)
                if got < 0 { failure = errno }
            }
            if failure == 0 { return bytes }
            if failure != EINTR { throw SystemError("read", "standard input", failure) }
        }
    }
}

/// The message on standard input: to the end of the input, or to a line of a single dot unless those are ignored.
struct MessageInput {
    private var input = StandardInput()
    private let endsAtDot: Bool
    private var lineStart: [UInt8] = []
    private var isAtLineStart = true
    private var isComplete = false

    init(endsAtDot: Bool) { self.endsAtDot = endsAtDot }

    /// The next bytes of the message; empty at its end.
    mutating func next() throws(SystemError) -> [UInt8] {
        while !isComplete {
            let piece = try input.next()
            if piece.isEmpty {
                isComplete = true
                return lineStart
            }
            guard endsAtDot else { return piece }
            let kept = cut(piece)
            if !kept.isEmpty { return kept }
        }
        return []
    }

    /// Holds back what may be the beginning of the line `.`; stops there.
    private mutating func cut(_ piece: [UInt8]) -> [UInt8] {
        var kept: [UInt8] = []
        kept.reserveCapacity(piece.count + lineStart.count)
        for byte in piece {
            if isAtLineStart {
                lineStart.append(byte)
                switch lineStart {
                case [0x2e], [0x2e, 0x0d]: continue
                case [0x2e, 0x0a], [0x2e, 0x0d, 0x0a]:
                    lineStart = []
                    isComplete = true
                    return kept
                default:
                    kept.append(contentsOf: lineStart)
                    lineStart = []
                }
            } else {
                kept.append(byte)
            }
            isAtLineStart = byte == 0x0a
        }
        return kept
    }
}
