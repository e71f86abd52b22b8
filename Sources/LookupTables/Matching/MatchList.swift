package import Configuration
package import Mail
internal import Platform

/// A list of patterns such as mydestination, relay_domains and mynetworks: names, addresses and networks, `type:table` (any key in
/// it matches), `/file` (patterns, one or more a line), and `!pattern`. The first that matches decides; none: no match.
///
/// *Failure:* a table that cannot answer throws, a file that could not be read does so at each use: temporary, never "no match".
package struct MatchList: Sendable {
    package enum Style: Equatable, Sendable {
        /// Exact (mydestination).
        case string
        /// "example.com" matches subdomains as well, or only ".example.com" does (relay_domains).
        case domain(parentMatchesSubdomains: Bool)
    }

    private enum Pattern: Sendable {
        case text(String)
        /// Its text matches names: `[192.0.2.1]` in mydestination.
        case network(IPNetwork, text: String)
        case table(any LookupTable)
    }

    private struct Entry: Sendable {
        var pattern: Pattern
        var negated: Bool
    }

    package let parameter: String
    private let style: Style
    private let entries: [Entry]
    /// All entries, when they are plain names to be matched exactly: one look into a set.
    private let names: Set<String>?

    /// - Parameter parameter: for messages.
    package init(
        _ words: [String], style: Style, parameter: String, warn: LookupTables.Warn = { _ in }
    ) throws(ConfigurationError) {
        self.parameter = parameter
        self.style = style
        var entries: [Entry] = []
        try Self.add(words, negated: false, parameter: parameter, depth: 0, warn: warn, to: &entries)
        self.entries = entries
        var names: Set<String> = []
        for entry in entries {
            switch entry.pattern {
            case .text(let text), .network(_, let text): names.insert(text)
            case .table: continue
            }
        }
        let isPlain = entries.allSatisfy { entry in
            if case .table = entry.pattern { return false }
            return !entry.negated
        }
        self.names = style == .string && isPlain ? names : nil
    }

    /// Reads a parameter's value.
    package init(
        _ parameter: Parameter<WordList>, style: Style, in configuration: Configuration, warn: LookupTables.Warn = { _ in }
    ) throws(ConfigurationError) {
        try self.init(
            try configuration.value(of: parameter).words, style: style, parameter: parameter.name, warn: warn)
    }

    package var isEmpty: Bool { entries.isEmpty }

    /// Whether a domain or another name is in the list.
    package func matches(_ text: String) throws(LookupError) -> Bool {
        let folded = text.foldedKey
        if let names { return names.contains(folded) }
        return try matches { (pattern) throws(LookupError) in try matches(folded, pattern) }
    }

    /// Whether a host is in the list, by its name or its address. `name` is nil where it must not count.
    package func matches(name: String?, address: IPAddress) throws(LookupError) -> Bool {
        let folded = name?.foldedKey
        let text = address.description
        return try matches { (pattern) throws(LookupError) in
            if let folded, try matches(folded, pattern) { return true }
            switch pattern {
            case .text: return false
            case .network(let network, _): return network.contains(address)
            case .table(let table): return try table.lookup(text) != nil
            }
        }
    }

    private func matches(_ test: (Pattern) throws(LookupError) -> Bool) throws(LookupError) -> Bool {
        for entry in entries where try test(entry.pattern) { return !entry.negated }
        return false
    }

    private func matches(_ name: String, _ pattern: Pattern) throws(LookupError) -> Bool {
        switch (pattern, style) {
        case (.network(_, let text), _), (.text(let text), .string): return text == name
        case (.text(let text), .domain(let parentMatches)):
            if text == name { return true }
            let ending = parentMatches ? "." + text : text
            return ending.hasPrefix(".") && name.utf8.count > ending.utf8.count && name.hasSuffix(ending)
        case (.table(let table), .string): return try table.lookup(name) != nil
        case (.table(let table), .domain(let parentMatches)):
            return try TableList([table]).findAccess(host: name, parentMatchesSubdomains: parentMatches) != nil
        }
    }

    private static func add(
        _ words: [String], negated: Bool, parameter: String, depth: Int, warn: LookupTables.Warn, to entries: inout [Entry]
    ) throws(ConfigurationError) {
        guard depth < 10 else { throw ConfigurationError("\(parameter): files are nested too deeply") }
        for word in words {
            let marks = word.prefix { $0 == "!" }
            let negated = (marks.count % 2 == 1) != negated
            let text = String(word[marks.endIndex...])
            guard !text.isEmpty else { throw ConfigurationError("\(parameter): there is no pattern behind \"!\"") }
            if text.hasPrefix("/") {
                switch patterns(inFile: text) {
                case .success(let words):
                    try add(words, negated: negated, parameter: parameter, depth: depth + 1, warn: warn, to: &entries)
                case .failure(let error):
                    warn("\(parameter): \(error.message)")
                    let table = UnavailableTable(name: text, reason: error.message)
                    entries.append(Entry(pattern: .table(table), negated: negated))
                }
            } else if let network = IPNetwork(text) {
                entries.append(Entry(pattern: .network(network, text: text.foldedKey), negated: negated))
            } else if isTable(text), !isNetworkLike(text) {
                do throws(ConfigurationError) {
                    entries.append(Entry(pattern: .table(try LookupTables.open(text, warn: warn)), negated: negated))
                } catch {
                    throw ConfigurationError("\(parameter): \(error.message)")
                }
            } else {
                guard !text.contains("/") else { throw ConfigurationError("\(parameter): \(Self.complaint(network: text))") }
                entries.append(Entry(pattern: .text(text.foldedKey), negated: negated))
            }
        }
    }

    private static func isNetworkLike(_ text: String) -> Bool {
        guard let slash = text.lastIndex(of: "/") else { return false }
        return IPAddress(text[..<slash].filter { $0 != "[" && $0 != "]" }) != nil
    }

    private static func complaint(network text: String) -> String {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, isNetworkLike(text), let address = IPAddress(parts[0].filter { $0 != "[" && $0 != "]" }),
            let length = Int(parts[1]), (0...address.bytes.count * 8).contains(length)
        else { return "\"\(text)\" is no network" }
        return
            "non-null host address bits in \"\(text)\", perhaps you should use \"\(address.masked(to: length))/\(length)\" instead"
    }

    /// `type:name`; an address literal such as `[::1]` is none.
    private static func isTable(_ text: String) -> Bool {
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else { return false }
        return text[..<colon].utf8.allSatisfy {
            ($0 | 0x20 >= UInt8(ascii: "a") && $0 | 0x20 <= UInt8(ascii: "z")) || $0.isASCIIDigit || $0 == UInt8(ascii: "_")
        }
    }

    private static func patterns(inFile path: String) -> Result<[String], ConfigurationError> {
        let bytes: [UInt8]
        do {
            bytes = try WholeFile.read(path)
        } catch {
            return .failure(ConfigurationError("open file \(path): \(errorText(error.code))"))
        }
        var words: [String] = []
        for line in LogicalLines(bytes) {
            guard let more = WordList.parse(line.text)?.words else {
                return .failure(ConfigurationError("\(path), line \(line.number): a brace is not closed"))
            }
            words += more
        }
        return .success(words)
    }
}

extension Configuration {
    /// Whether this list parameter is in parent_domain_matches_subdomains.
    package func parentMatchesSubdomains(_ parameter: String) throws(ConfigurationError) -> Bool {
        try value(of: BaseParameters.parentDomainMatchesSubdomains).words.contains(parameter)
    }
}
