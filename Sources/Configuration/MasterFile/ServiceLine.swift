/// The columns of a line of master.cf, master(5): name, type, private, unprivileged, chroot, wakeup, maxproc, command.
enum ServiceLine {
    static func parse(_ text: String) throws(ConfigurationError) -> ServiceEntry {
        let words = try Words.split(text)
        guard words.count >= 8 else {
            throw ConfigurationError(
                "\(words.count) columns, but a service has 8: name type private unpriv chroot wakeup maxproc command")
        }
        let column = words.map(\.text)
        guard let kind = ServiceEntry.Kind(rawValue: column[1]) else {
            let kinds = ServiceEntry.Kind.allCases.map(\.rawValue).joined(separator: ", ")
            throw ConfigurationError("\"\(column[1])\" is no service type: write one of \(kinds)")
        }
        guard !column[7].contains("/") else {
            throw ConfigurationError("\"\(column[7])\": write a program in daemon_directory, without a path")
        }
        var entry = ServiceEntry(name: column[0], kind: kind, program: column[7])
        entry.isPrivate = try yesNo(column[2], "private") ?? true
        entry.isUnprivileged = try yesNo(column[3], "unpriv") ?? true
        entry.chroot = try yesNo(column[4], "chroot")
        entry.wakeup = try wakeup(column[5])
        entry.processLimit = try processLimit(column[6])
        if kind == .inet {
            guard !entry.isPrivate || column[2] == "-" else {
                throw ConfigurationError("a service of type inet cannot be private: write n in the third column")
            }
            entry.isPrivate = false
            guard !entry.endpoint.port.isEmpty else { throw ConfigurationError("\"\(column[0])\" has no port") }
        }
        try options(words[8...], into: &entry)
        return entry
    }

    private static func yesNo(_ text: String, _ column: String) throws(ConfigurationError) -> Bool? {
        switch text {
        case "y": return true
        case "n": return false
        case "-": return nil
        default: throw ConfigurationError("\"\(text)\" in the column \(column): write y, n or -")
        }
    }

    private static func wakeup(_ text: String) throws(ConfigurationError) -> ServiceEntry.Wakeup? {
        if text == "-" { return nil }
        let onlyIfUsed = text.hasSuffix("?")
        guard let seconds = number(onlyIfUsed ? text.dropLast() : text[...]) else {
            throw ConfigurationError("\"\(text)\" in the column wakeup: write seconds, seconds? or -")
        }
        return seconds == 0 ? nil : ServiceEntry.Wakeup(seconds: seconds, onlyIfUsed: onlyIfUsed)
    }

    private static func processLimit(_ text: String) throws(ConfigurationError) -> ServiceEntry.ProcessLimit {
        if text == "-" { return .standard }
        guard let limit = number(text[...]) else {
            throw ConfigurationError("\"\(text)\" in the column maxproc: write a number, 0 (no limit) or -")
        }
        return limit == 0 ? .none : .limit(limit)
    }

    private static func number(_ text: Substring) -> Int? {
        guard !text.isEmpty, text.utf8.count < 10, text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
        return Int(text)
    }

    private static func options(_ words: ArraySlice<Words.Word>, into entry: inout ServiceEntry) throws(ConfigurationError) {
        var rest = words
        while let word = rest.first, !word.isGroup, word.text.hasPrefix("-"), word.text != "-" {
            rest = rest.dropFirst()
            if word.text == "--" { break }
            if word.text.hasPrefix("-o") {
                var assignment = String(word.text.dropFirst(2))
                if assignment.isEmpty {
                    guard let next = rest.popFirst() else { throw ConfigurationError("nothing behind -o: write -o name=value") }
                    assignment = next.text
                }
                let (name, value) = try split(assignment)
                entry.overrides.append(ServiceEntry.Override(name, value))
            } else if word.text.dropFirst().allSatisfy({ $0 == "v" }) {
                entry.verbosity += word.text.utf8.count - 1
            } else if word.text == "-D" {
                // Postfix runs its debugger here; there is nothing that would go wrong without.
                continue
            } else {
                throw ConfigurationError("unknown option \"\(word.text)\": write -o name=value or -v")
            }
        }
        entry.arguments = rest.map(\.text)
    }

    private static func split(_ text: String) throws(ConfigurationError) -> (String, String) {
        do {
            return try Assignment.split(text)
        } catch {
            throw ConfigurationError("-o \(text): \(error.message)")
        }
    }
}

/// Words separated by white space; `{ … }` where a word begins is one word without its braces.
enum Words {
    struct Word: Equatable {
        var text: String
        var isGroup: Bool
    }

    static func split(_ text: String) throws(ConfigurationError) -> [Word] {
        var words: [Word] = []
        var rest = Array(text.utf8)[...]
        while true {
            rest = rest.drop { $0.isWhiteSpace }
            guard let first = rest.first else { return words }
            if first == UInt8(ascii: "{") {
                guard let end = closing(rest) else { throw ConfigurationError("a \"{\" is not closed: a \"}\" is missing") }
                let inside = String(decoding: rest[(rest.startIndex + 1)..<end], as: UTF8.self)
                words.append(Word(text: String(inside.trimmed), isGroup: true))
                rest = rest[(end + 1)...]
                guard rest.first?.isWhiteSpace != false else {
                    throw ConfigurationError("white space expected behind \"{ \(inside.trimmed) }\"")
                }
            } else {
                let word = rest.prefix { !$0.isWhiteSpace }
                words.append(Word(text: String(decoding: word, as: UTF8.self), isGroup: false))
                rest = rest[word.endIndex...]
            }
        }
    }

    private static func closing(_ text: ArraySlice<UInt8>) -> Int? {
        var depth = 0
        for index in text.indices {
            if text[index] == UInt8(ascii: "{") { depth += 1 }
            if text[index] == UInt8(ascii: "}") {
                depth -= 1
                if depth == 0 { return index }
            }
        }
        return nil
    }
}
