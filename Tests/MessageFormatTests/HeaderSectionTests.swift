import Testing

@testable import MessageFormat

private func section(_ text: String) -> (HeaderSection, [UInt8]) {
    let bytes = Array(text.utf8)
    return (HeaderSection(bytes), bytes)
}

struct HeaderSectionTests {
    struct Sample: Sendable, CustomStringConvertible {
        var description: String
        var text: String
        var kinds: [HeaderKind]
        /// What the body begins with.
        var body: String
        var lacksSeparator = false
    }

    @Test(
        "where the section ends, and what is in it",
        arguments: [
            Sample(description: "plain", text: "From: a\r\nTo: b\r\n\r\nhi\r\n", kinds: [.from, .to], body: "hi\r\n"),
            Sample(description: "LF", text: "From: a\nTo: b\n\nhi\n", kinds: [.from, .to], body: "hi\n"),
            Sample(description: "fold", text: "To: a,\r\n\tb,\r\n c\r\nCc: d\r\n\r\nx", kinds: [.to, .cc], body: "x"),
            Sample(
                description: "any case", text: "MESSAGE-id: <x>\r\nrEsEnT-bCc: y\r\n\r\n", kinds: [.messageID, .resentBcc],
                body: ""),
            Sample(description: "space before the colon", text: "Subject : a\r\n\r\nb", kinds: [.subject], body: "b"),
            Sample(
                description: "no empty line", text: "Subject: a\r\nhello there\r\n", kinds: [.subject], body: "hello there\r\n",
                lacksSeparator: true),
            Sample(description: "no header", text: "hello\r\n", kinds: [], body: "hello\r\n", lacksSeparator: true),
            Sample(
                description: "begins with white space", text: " x: y\r\n\r\n", kinds: [], body: " x: y\r\n\r\n",
                lacksSeparator: true),
            Sample(description: "empty header", text: "\r\nbody", kinds: [], body: "body"),
            Sample(description: "nothing", text: "", kinds: [], body: "", lacksSeparator: true),
            Sample(description: "only a header", text: "X-Y: z\r\n", kinds: [.other], body: "", lacksSeparator: true),
            Sample(description: "last line without end", text: "X-Y: z", kinds: [.other], body: "", lacksSeparator: true),
            Sample(description: "mailbox line", text: "From a@b Tue\r\nTo: x\r\n\r\n", kinds: [.mailboxLine, .to], body: ""),
            Sample(
                description: "mailbox line later is body", text: "To: x\r\nFrom a@b\r\n", kinds: [.to], body: "From a@b\r\n",
                lacksSeparator: true),
            Sample(description: "lone colon", text: ": x\r\n\r\n", kinds: [], body: ": x\r\n\r\n", lacksSeparator: true),
            Sample(
                description: "8-bit name", text: "X\u{e9}: x\r\n\r\n", kinds: [], body: "X\u{e9}: x\r\n\r\n",
                lacksSeparator: true),
            Sample(description: "empty value", text: "Bcc:\r\n\r\nx", kinds: [.bcc], body: "x"),
        ])
    func structure(_ sample: Sample) {
        let (section, bytes) = section(sample.text)
        #expect(section.fields.map(\.kind) == sample.kinds)
        #expect(String(decoding: bytes[section.bodyStart...], as: UTF8.self) == sample.body)
        #expect(section.lacksSeparator == sample.lacksSeparator)
    }

    @Test("an incomplete section is not decided at any split, and a complete one is the same at each")
    func splits() {
        let bytes = Array("Received: x\r\n\ty\r\nTo: a\r\n\r\nbody".utf8)
        let whole = HeaderSection(bytes)
        for length in 0...bytes.count {
            let part = HeaderSection(Array(bytes[..<length]).span, isWhole: false)
            if length < whole.bodyStart {
                #expect(part == nil)
            } else {
                #expect(part?.fields == whole.fields)
                #expect(part?.bodyStart == whole.bodyStart)
            }
        }
    }

    @Test("values are unfolded for people")
    func values() throws {
        let (section, bytes) = section("Subject:  one\r\n\ttwo \r\nX-Foo: bar\r\n\r\n")
        let subject = section.text(of: try #require(section.first(.subject)), in: bytes.span)
        #expect(subject == "one\ttwo")
        let other = section.first(named: "x-fOO", in: bytes.span)
        let value = section.text(of: try #require(other), in: bytes.span)
        #expect(value == "bar")
        let absent = section.first(named: "X-Fo", in: bytes.span)
        #expect(absent == nil)
        #expect(section.first(.to) == nil)
    }

    @Test("Received fields are counted")
    func received() {
        #expect(HeaderSection(Array(String(repeating: "received: x\r\n", count: 7).utf8)).receivedCount == 7)
    }

    @Test("the number of fields that are listed is bounded")
    func bounded() {
        let section = HeaderSection(Array((String(repeating: "a:\n", count: 20_000) + "\nx").utf8))
        #expect(section.fields.count == HeaderSection.maximumFields)
        #expect(section.hasTooManyFields)
        #expect(section.bodyStart == 60_001)
    }

    @Test("bytes from outside never trap")
    func noise() {
        var generator = SplitMix(state: 1)
        let alphabet = Array("\r\n\t :aF\"<>(),;@.\\From \u{e9}".utf8)
        for _ in 0..<3000 {
            let bytes = (0..<Int(generator.next() % 60)).map { _ in alphabet[Int(generator.next() % UInt64(alphabet.count))] }
            let section = HeaderSection(bytes)
            #expect(section.end <= section.bodyStart && section.bodyStart <= bytes.count)
            for field in section.fields { _ = section.text(of: field, in: bytes.span) }
            _ = AddressList.parse(bytes)
            _ = section.assembled(from: bytes.span, prepended: [], edits: HeaderEdits(), fieldLimit: 10)
        }
    }
}

/// A small reproducible generator.
struct SplitMix {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
