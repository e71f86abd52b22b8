internal import Mail

/// Reads the octets of one command line from left to right. Never beyond its end.
struct ByteCursor {
    private let bytes: [UInt8]
    private(set) var index: Int

    init(_ bytes: [UInt8], from start: Int = 0) {
        self.bytes = bytes
        index = min(max(0, start), bytes.count)
    }

    var isAtEnd: Bool { index == bytes.count }
    var next: UInt8? { index < bytes.count ? bytes[index] : nil }

    mutating func take() -> UInt8? {
        guard index < bytes.count else { return nil }
        defer { index += 1 }
        return bytes[index]
    }

    /// Takes the octet if it is this one.
    mutating func take(_ octet: UInt8) -> Bool {
        guard next == octet else { return false }
        index += 1
        return true
    }

    mutating func skipSpace() {
        while index < bytes.count, bytes[index] == .space || bytes[index] == 0x09 { index += 1 }
    }

    /// Takes octets up to the next white space.
    mutating func takeWord() -> ArraySlice<UInt8> {
        let start = index
        while index < bytes.count, bytes[index] != .space, bytes[index] != 0x09 { index += 1 }
        return bytes[start..<index]
    }

    /// Takes an ASCII word whatever its case, or nothing.
    mutating func takeKeyword(_ word: String.UTF8View) -> Bool {
        let count = word.count
        guard bytes.count - index >= count else { return false }
        let matches = zip(bytes[index...], word).allSatisfy { $0.lowercasedASCII == $1.lowercasedASCII }
        if matches { index += count }
        return matches
    }

    /// Everything left, without white space at either end.
    var rest: ArraySlice<UInt8> {
        var slice = bytes[index...]
        while let first = slice.first, first == .space || first == 0x09 { slice.removeFirst() }
        while let last = slice.last, last == .space || last == 0x09 { slice.removeLast() }
        return slice
    }
}
