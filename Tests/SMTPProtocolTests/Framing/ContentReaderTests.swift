import Testing

@testable import SMTPProtocol

/// What came out of a reader, and how much it took.
private struct Reading: Equatable {
    var content: [UInt8] = []
    var taken = 0
    var isComplete = false
}

private func append(_ piece: ContentPiece, of input: [UInt8], to output: inout [UInt8]) {
    if case .input(let range) = piece {
        output.append(contentsOf: input[range])
    } else {
        output.append(contentsOf: piece.literal.description.utf8)
    }
}

/// Feeds the parts one after another.
private func read(_ parts: [[UInt8]]) -> Reading {
    var reader = ContentReader()
    var result = Reading()
    for part in parts where !reader.isComplete && !part.isEmpty {
        result.taken += reader.read(part.span) { append($0, of: part, to: &result.content) }
    }
    result.isComplete = reader.isComplete
    return result
}

/// The same rules, octet by octet, with the whole input at hand.
private func reference(_ input: [UInt8]) -> Reading {
    var result = Reading()
    var index = 0
    var lineStart = true
    var afterCRLF = true
    func at(_ offset: Int) -> UInt8? { index + offset < input.count ? input[index + offset] : nil }
    while let octet = at(0) {
        if lineStart, octet == UInt8(ascii: ".") {
            if afterCRLF, at(1) == 13, at(2) == 10 {
                result.taken = index + 3
                result.isComplete = true
                return result
            }
            index += 1
            lineStart = false
            continue
        }
        lineStart = false
        switch octet {
        case 13:
            if at(1) == 10 {
                result.content += [13, 10]
                index += 2
                (lineStart, afterCRLF) = (true, true)
                continue
            }
            if index + 1 == input.count {
                index += 1
                continue
            }
            result.content.append(32)
        case 10:
            result.content += [13, 10]
            (lineStart, afterCRLF) = (true, false)
        default: result.content.append(octet)
        }
        index += 1
    }
    result.taken = index
    return result
}

@Suite("message content after DATA")
struct ContentReaderTests {
    @Test(
        "ends at CRLF.CRLF only, and loses its hiding dots",
        arguments: [
            (".\r\n", "", true),
            ("a\r\n.\r\n", "a\r\n", true),
            ("..a\r\n.\r\n", ".a\r\n", true),
            ("...\r\n.\r\n", "..\r\n", true),
            // Smuggling: none of these ends the content.
            ("a\n.\n.\r\n", "a\r\n\r\n\r\n", false),
            ("a\n.\r\n.\r\n", "a\r\n\r\n", true),
            ("a\r\n.\nb\r\n.\r\n", "a\r\n\r\nb\r\n", true),
            ("a\r.\r\n.\r\n", "a .\r\n", true),
            ("a\r\n.\r.\r\n.\r\n", "a\r\n .\r\n", true),
            ("a\r.\rb\r\n.\r\n", "a . b\r\n", true),
            ("a\r\r\n.\r\n", "a \r\n", true),
            ("a\u{0}b\r\n.\r\n", "a\u{0}b\r\n", true),
        ])
    func end(_ input: String, _ content: String, _ complete: Bool) {
        let reading = read([Array(input.utf8)])
        #expect(String(decoding: reading.content, as: UTF8.self) == content)
        #expect(reading.isComplete == complete)
    }

    @Test("what follows the end is left to the commands")
    func rest() {
        let reading = read([Array("x\r\n.\r\nQUIT\r\n".utf8)])
        #expect(reading.taken == 6 && reading.isComplete)
    }

    @Test("dots that stay are seen, and the size is that of the wire form")
    func facts() {
        var reader = ContentReader()
        let input = Array("..x\nb\rc\r\n.\r\n".utf8)
        var output: [UInt8] = []
        _ = reader.read(input.span) { append($0, of: input, to: &output) }
        #expect(reader.hasDotLines && reader.hasBareLineFeed && reader.hasBareCarriageReturn)
        #expect(reader.size == UInt64(output.count) && output.count == 9)
    }

    @Test("every short input, in every split, reads as the plain rules say")
    func exhaustive() {
        let alphabet: [UInt8] = [13, 10, 46, 97]
        for length in 1...6 {
            for number in 0..<(1 << (2 * length)) {
                let input = (0..<length).map { alphabet[number >> (2 * $0) & 3] }
                let expected = reference(input)
                for split in 0..<length {
                    let got = read([Array(input[..<split]), Array(input[split...])])
                    guard got == expected else {
                        Issue.record("\(input) split at \(split): \(got), expected \(expected)")
                        return
                    }
                }
                if read(input.map { [$0] }) != expected { Issue.record("\(input) octet by octet") }
            }
        }
    }

    @Test("what the writer wrote, the reader reads back, whatever the content and however it is cut")
    func roundTrip() {
        var generator = SplitMix(seed: 7)
        for _ in 0..<2000 {
            let content = (0..<Int.random(in: 0...40, using: &generator)).flatMap { _ -> [UInt8] in
                [[97], [46], [13, 10], [13, 10, 46], [0], [200]].randomElement(using: &generator) ?? []
            }
            let cut = Int.random(in: 0...content.count, using: &generator)
            var wire: [UInt8] = []
            var writer = ContentWriter()
            for part in [Array(content[..<cut]), Array(content[cut...])] {
                writer.write(part.span) { append($0, of: part, to: &wire) }
            }
            wire += Array(writer.end().description.utf8)
            let reading = read([wire])
            let ended = content.isEmpty || content.suffix(2) == [13, 10] ? content : content + [13, 10]
            #expect(reading == Reading(content: ended, taken: wire.count, isComplete: true))
        }
    }

    @Test("the writer lets no bare CR or LF out", arguments: ["a\nb", "a\n.\n", "a\r", "\r\r\n.", "\n.\r\n"])
    func writerNormalises(_ content: String) {
        let bytes = Array(content.utf8)
        for split in 0...bytes.count {
            var wire: [UInt8] = []
            var writer = ContentWriter()
            for part in [Array(bytes[..<split]), Array(bytes[split...])] {
                writer.write(part.span) { append($0, of: part, to: &wire) }
            }
            wire += Array(writer.end().description.utf8)
            var reader = ContentReader()
            #expect(reader.read(wire.span) { _ in } == wire.count)
            #expect(reader.isComplete && !reader.hasBareLineFeed && !reader.hasBareCarriageReturn)
        }
    }
}

/// A small generator whose seed makes a failure come back.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
