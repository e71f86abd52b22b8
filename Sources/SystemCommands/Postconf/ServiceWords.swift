internal import Configuration

/// An entry of master.cf as words, in the form that postconf shows and edits: an option is apart from its value, and `{ }` around a
/// word are gone. Unlike ``ServiceEntry`` it keeps `-` and the order of everything.
///
/// *Failure:* throws the text that Postfix's postconf has for it.
struct ServiceWords: Equatable {
    static let fieldNames = ["service", "type", "private", "unprivileged", "chroot", "wakeup", "process_limit", "command"]
    static let commandField = 7
    private static let types: Set = ["unix", "fifo", "inet", "pass", "unix-dgram"]

    struct Mistake: Error, Equatable {
        var text: String
    }

    private(set) var words: [String]

    var name: String { words[0] }
    var type: String { words[1] }
    var program: String { words[Self.commandField] }
    /// What is behind the program's name.
    var arguments: ArraySlice<String> { words[(Self.commandField + 1)...] }

    init(_ text: String) throws(Mistake) {
        words = BracedWords.split(text, separators: " \t\r\n")
        guard words.count > Self.commandField else { throw Mistake(text: "bad field count") }
        try check(text)
        try normalize()
    }

    // MARK: Parameters

    /// `-o name=value`, the last of several.
    var parameters: [(name: String, value: String)] {
        var result: [(name: String, value: String)] = []
        for index in optionIndices where words[index] == "-o" {
            guard let (name, value) = try? Assignment.split(words[index + 1]) else { continue }
            result.removeAll { $0.name == name }
            result.append((name, value))
        }
        return result
    }

    mutating func set(parameter name: String, to value: String) {
        var isFound = false
        for index in optionIndices where words[index] == "-o" && words[index + 1].hasPrefix(name + "=") {
            words[index + 1] = name + "=" + value
            isFound = true
        }
        if !isFound { words.insert(contentsOf: ["-o", name + "=" + value], at: firstArgument) }
    }

    mutating func remove(parameter name: String) {
        for index in optionIndices.reversed() where words[index] == "-o" && words[index + 1].hasPrefix(name + "=") {
            words.removeSubrange(index...(index + 1))
        }
    }

    mutating func set(field: Int, to value: String) throws(Mistake) {
        if field == Self.commandField {
            words.removeSubrange(field...)
            words += BracedWords.split(value, separators: " \t\r\n")
            guard words.count > field else { throw Mistake(text: "bad field count") }
            try normalize()
        } else {
            words[field] = value
        }
        try check(value)
    }

    // MARK: Form

    /// Of options that have a value behind them.
    private var optionIndices: [Int] {
        var result: [Int] = []
        var index = Self.commandField + 1
        while index < words.count, Self.isOption(words[index]) {
            if words[index].hasPrefix("-o"), index + 1 < words.count {
                result.append(index)
                index += 1
            }
            index += 1
        }
        return result
    }

    /// The first word that is no option; where a new one is inserted.
    private var firstArgument: Int {
        var index = Self.commandField + 1
        while index < words.count, Self.isOption(words[index]) {
            index += words[index].hasPrefix("-o") && index + 1 < words.count ? 2 : 1
        }
        return min(index, words.count)
    }

    static func isOption(_ word: String) -> Bool { word.hasPrefix("-") && word != "--" }

    private func check(_ text: String) throws(Mistake) {
        let shown = String(text.map { $0 == "\n" ? " " : $0 })
        guard Self.types.contains(type) else { throw Mistake(text: "invalid type field \"\(type)\" in \"\(shown)\"") }
        for field in 2...4 where !["y", "n", "-"].contains(words[field]) {
            throw Mistake(text: "invalid \(Self.fieldNames[field]) field \"\(words[field])\" in \"\(shown)\"")
        }
        for field in 5...6 where words[field] != "-" {
            let digits = field == 5 && words[field].hasSuffix("?") ? words[field].dropLast() : words[field][...]
            guard digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) || (field == 5 && digits == "-") else {
                throw Mistake(text: "invalid \(Self.fieldNames[field]) field \"\(words[field])\" in \"\(shown)\"")
            }
        }
    }

    /// `-vo{a = b}` becomes `-v -o a=b`.
    private mutating func normalize() throws(Mistake) {
        var index = Self.commandField + 1
        while index < words.count, Self.isOption(words[index]) {
            let letters = words[index].dropFirst()
            guard let place = letters.firstIndex(of: "o") else {
                index += 1
                continue
            }
            var replacement: [String] = []
            if place > letters.startIndex { replacement.append("-" + letters[..<place]) }
            replacement.append("-o")
            let value = letters[letters.index(after: place)...]
            if !value.isEmpty { replacement.append(String(value)) }
            words.replaceSubrange(index...index, with: replacement)
            index += replacement.count - (value.isEmpty ? 1 : 2)
            // Now at -o.
            guard index + 1 < words.count else { break }
            index += 1
            if words[index].hasPrefix("{") {
                let inside = try BracedWords.inside(words[index])
                words[index] = (try? Assignment.split(inside)).map { $0.name + "=" + $0.value } ?? inside
            }
            index += 1
        }
        while index < words.count {
            if words[index].hasPrefix("{") { words[index] = try BracedWords.inside(words[index]) }
            index += 1
        }
    }
}

/// Words in which `{ … }` keeps what would separate.
enum BracedWords {
    static func split(_ text: String, separators: String) -> [String] {
        var words: [String] = []
        var word: [UInt8] = []
        var depth = 0
        for byte in text.utf8 {
            if depth == 0, separators.utf8.contains(byte) {
                if !word.isEmpty { words.append(String(decoding: word, as: UTF8.self)) }
                word = []
                continue
            }
            if byte == UInt8(ascii: "{") { depth += 1 }
            if byte == UInt8(ascii: "}"), depth > 0 { depth -= 1 }
            word.append(byte)
        }
        if !word.isEmpty { words.append(String(decoding: word, as: UTF8.self)) }
        return words
    }

    /// Between the braces of a word that begins with one.
    static func inside(_ word: String) throws(ServiceWords.Mistake) -> String {
        var depth = 0
        let bytes = Array(word.utf8)
        for (index, byte) in bytes.enumerated() {
            if byte == UInt8(ascii: "{") { depth += 1 }
            if byte == UInt8(ascii: "}") { depth -= 1 }
            guard depth == 0 else { continue }
            guard index == bytes.count - 1 else {
                throw ServiceWords.Mistake(text: "syntax error after '}' in \"\(word)\"")
            }
            return String(String(decoding: bytes[1..<index], as: UTF8.self).trimmed)
        }
        throw ServiceWords.Mistake(text: "missing '}' in \"\(word)\"")
    }
}
