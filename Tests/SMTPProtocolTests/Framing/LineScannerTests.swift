import Testing

@testable import SMTPProtocol

private enum Line: Equatable {
    case line(String)
    case overlong(String)
}

/// Runs a scanner over input that arrives in parts.
private func lines(_ parts: [[UInt8]], limit: Int) -> [Line] {
    var scanner = LineScanner(limit: limit)
    var buffer: [UInt8] = []
    var lines: [Line] = []
    for part in parts {
        buffer += part
        scan: while true {
            switch scanner.next(buffer.span) {
            case .incomplete(let discard):
                buffer.removeFirst(discard)
                break scan
            case .line(let length, let consumed):
                lines.append(.line(String(decoding: buffer[..<length], as: UTF8.self)))
                buffer.removeFirst(consumed)
            case .overlong(let beginning, let consumed):
                lines.append(.overlong(String(decoding: beginning, as: UTF8.self)))
                buffer.removeFirst(consumed)
            }
        }
    }
    return lines
}

@Suite("lines of commands and replies")
struct LineScannerTests {
    @Test("the same lines come out of every split")
    func splits() {
        let input = Array("NOOP\r\n\r\nabc\n12345678\r\n123456789\r\nx\ry\r\nlong long long line\r\nQUIT\r\n".utf8)
        let expected: [Line] = [
            .line("NOOP"), .line(""), .line("abc"), .line("12345678"), .overlong("12345678"), .line("x\ry"),
            .overlong("long lon"), .line("QUIT"),
        ]
        #expect(lines([input], limit: 8) == expected)
        #expect(lines(input.map { [$0] }, limit: 8) == expected)
        for split in 0...input.count {
            #expect(lines([Array(input[..<split]), Array(input[split...])], limit: 8) == expected)
        }
    }

    @Test("a line without end is dropped as it comes and holds no memory")
    func endless() {
        var scanner = LineScanner(limit: 100)
        let flood = [UInt8](repeating: 97, count: 5000)
        for _ in 0..<10 { #expect(scanner.next(flood.span) == .incomplete(discard: 5000)) }
        #expect(scanner.next([UInt8]("\n".utf8).span) == .overlong(beginning: Array(flood.prefix(100)), consumed: 1))
    }
}
