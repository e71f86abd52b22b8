/// A field of a header section, as offsets into the bytes that were scanned.
package struct HeaderField: Equatable, Sendable {
    package var kind: HeaderKind
    /// The name, without white space and colon.
    package var name: Range<Int>
    /// What follows the colon and the white space after it, folds included, without the last line's end.
    package var value: Range<Int>
    /// All of its lines with their ends.
    package var lines: Range<Int>
}

/// The header section of a message: where its fields are, and where the body begins.
///
/// Works on bytes with CRLF or LF line ends, copies nothing. A section ends at the first empty line, or before the first line that
/// is neither a field nor the continuation of one (RFC 5322 section 2.2; the obsolete white space before the colon is accepted).
/// *Failure:* none; whatever is no header belongs to the body.
package struct HeaderSection: Sendable {
    /// More fields than this are not listed (``hasTooManyFields``).
    package static let maximumFields = 10_000

    package private(set) var fields: [HeaderField] = []
    /// The kinds that occur.
    package private(set) var seen: HeaderKinds = []
    package private(set) var receivedCount = 0
    /// Behind the last field: what is to be added goes here.
    package private(set) var end = 0
    /// The first byte of the body. Between `end` and it lies the empty line, unless ``lacksSeparator``.
    package private(set) var bodyStart = 0
    /// No empty line ends the section (a body line follows at once, or nothing at all).
    package private(set) var lacksSeparator = false
    package private(set) var hasTooManyFields = false

    /// Whether the message is being sent again by somebody: then the Resent- fields count (RFC 5322 section 3.6.6).
    package var isResent: Bool { fields.contains { $0.kind.isResent } }

    /// - Parameter isWhole: nothing follows `bytes`; otherwise the result is nil as long as the end of the section is not among them.
    package init?(_ bytes: borrowing Span<UInt8>, isWhole: Bool = true) {
        fields.reserveCapacity(24)
        let isFound = unsafe bytes.withUnsafeBufferPointer { buffer in unsafe scan(buffer, isWhole: isWhole) }
        guard isFound else { return nil }
    }

    package init(_ bytes: [UInt8]) {
        fields.reserveCapacity(24)
        _ = unsafe bytes.withUnsafeBufferPointer { buffer in unsafe scan(buffer, isWhole: true) }
    }

    package func first(_ kind: HeaderKind) -> HeaderField? {
        guard seen.contains(kind) else { return nil }
        return fields.first { $0.kind == kind }
    }

    /// The first field of any name, in any case of letters. For names that ``HeaderKind`` does not know.
    package func first(named name: String, in bytes: borrowing Span<UInt8>) -> HeaderField? {
        let wanted = Array(name.utf8)
        for field in fields where field.name.count == wanted.count {
            var index = 0
            while index < wanted.count {
                guard bytes[field.name.lowerBound + index].folded == wanted[index].folded else { break }
                index += 1
            }
            if index == wanted.count { return field }
        }
        return nil
    }

    /// The value of a field as one line: folds become what they are in RFC 5322 section 2.2.3, the line ends vanish.
    /// At most `limit` bytes; what is no UTF-8 is repaired.
    package func text(of field: HeaderField, in bytes: borrowing Span<UInt8>, limit: Int = 998) -> String {
        var line: [UInt8] = []
        var index = field.value.lowerBound
        while index < field.value.upperBound, line.count < limit {
            let byte = bytes[index]
            if byte != 0x0d && byte != 0x0a { line.append(byte) }
            index += 1
        }
        while let last = line.last, last == 0x20 || last == 0x09 { line.removeLast() }
        return String(decoding: line, as: UTF8.self)
    }

    /// Returns false when the section's end is not in the buffer and more is to come.
    private mutating func scan(_ buffer: UnsafeBufferPointer<UInt8>, isWhole: Bool) -> Bool {
        var position = 0
        while position < buffer.count {
            guard let lineEnd = unsafe nextLineFeed(buffer, from: position).map({ $0 + 1 }) else {
                // The last line has no end.
                guard isWhole else { return false }
                if unsafe !addLine(buffer, position..<buffer.count, contentEnd: buffer.count) { break }
                end = buffer.count
                position = buffer.count
                continue
            }
            let contentEnd = unsafe lineEnd - 1 > position && buffer[lineEnd - 2] == 0x0d ? lineEnd - 2 : lineEnd - 1
            if contentEnd == position {
                bodyStart = lineEnd
                return true
            }
            if unsafe !addLine(buffer, position..<lineEnd, contentEnd: contentEnd) { break }
            end = lineEnd
            position = lineEnd
        }
        guard isWhole || position < buffer.count else { return false }
        bodyStart = position
        lacksSeparator = true
        return true
    }

    /// False when the line is neither a field nor a continuation.
    private mutating func addLine(_ buffer: UnsafeBufferPointer<UInt8>, _ line: Range<Int>, contentEnd: Int) -> Bool {
        let first = unsafe buffer[line.lowerBound]
        if first == 0x20 || first == 0x09 {
            guard end > 0 else { return false }
            if !hasTooManyFields, !fields.isEmpty {
                fields[fields.count - 1].value = fields[fields.count - 1].value.lowerBound..<contentEnd
                fields[fields.count - 1].lines = fields[fields.count - 1].lines.lowerBound..<line.upperBound
            }
            return true
        }
        guard let nameEnd = unsafe nameEnd(buffer, line.lowerBound..<contentEnd) else {
            guard end == 0, unsafe isMailboxLine(buffer, line) else { return false }
            append(
                HeaderField(
                    kind: .mailboxLine, name: line.lowerBound..<line.lowerBound, value: line.lowerBound..<contentEnd,
                    lines: line))
            return true
        }
        let colon = unsafe skipWhiteSpace(buffer, nameEnd, contentEnd)
        let valueStart = unsafe skipWhiteSpace(buffer, colon + 1, contentEnd)
        let name = unsafe FoldedName(buffer.extracting(line.lowerBound..<nameEnd).span)
        append(
            HeaderField(
                kind: HeaderNames.kind(of: name), name: line.lowerBound..<nameEnd, value: valueStart..<contentEnd, lines: line))
        return true
    }

    private mutating func append(_ field: HeaderField) {
        guard fields.count < Self.maximumFields else {
            hasTooManyFields = true
            return
        }
        seen.insert(field.kind)
        if field.kind == .received { receivedCount += 1 }
        fields.append(field)
    }

    /// The end of the name when the line is `name *WSP ":"`; nil otherwise.
    private func nameEnd(_ buffer: UnsafeBufferPointer<UInt8>, _ line: Range<Int>) -> Int? {
        var index = line.lowerBound
        while index < line.upperBound, unsafe buffer[index] > 0x20, unsafe buffer[index] < 0x7f, unsafe buffer[index] != 0x3a {
            index += 1
        }
        guard index > line.lowerBound else { return nil }
        let colon = unsafe skipWhiteSpace(buffer, index, line.upperBound)
        return unsafe colon < line.upperBound && buffer[colon] == 0x3a ? index : nil
    }

    private func skipWhiteSpace(_ buffer: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) -> Int {
        var index = start
        while index < end, unsafe buffer[index] == 0x20 || buffer[index] == 0x09 { index += 1 }
        return min(index, end)
    }

    /// `From ` or `>From ` of a mailbox file.
    private func isMailboxLine(_ buffer: UnsafeBufferPointer<UInt8>, _ line: Range<Int>) -> Bool {
        var index = line.lowerBound
        while index < line.upperBound, unsafe buffer[index] == 0x3e { index += 1 }
        let mark = Array("From ".utf8)
        guard line.upperBound - index >= mark.count else { return false }
        for offset in 0..<mark.count where unsafe buffer[index + offset] != mark[offset] { return false }
        return true
    }
}

extension UInt8 {
    /// ASCII letters in lower case.
    var folded: UInt8 { self >= 0x41 && self <= 0x5a ? self | 0x20 : self }
}
