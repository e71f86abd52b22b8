extension QueueFilter {
    /// What is wrong with a filter's text.
    package struct Mistake: Error, Equatable, Sendable, CustomStringConvertible {
        package let description: String
    }

    /// Terms as a command line has them, one in each word: `domain=example.com age>1d reason~refused state!=hold`.
    ///
    ///     term   = name ("=" / "!=" / "~" / "!~") value *("," value)
    ///            / ("age" / "size") ("<" / ">") number [unit]
    ///
    /// Letters are folded, `*` stands for any characters in values of `=` and `!=`; `sender=<>` is the null sender. Units are s m h d w
    /// and K M G.
    package static func parse(_ words: [String]) throws(Mistake) -> QueueFilter {
        var terms: [Term] = []
        for word in words { terms.append(try term(word)) }
        return QueueFilter(terms)
    }

    private static let operators: [(text: String, test: Test)] = [
        ("!=", .differs), ("!~", .lacks), ("=", .equals), ("~", .contains), ("<", .below), (">", .above),
    ]

    private static func term(_ word: String) throws(Mistake) -> Term {
        let name = word.prefix { $0.isLetter || $0 == "_" || $0 == "-" }
        let rest = word[name.endIndex...]
        guard let field = Field.allCases.first(where: { $0.name == name.lowercased() }) else {
            let names = Field.allCases.map(\.name).joined(separator: ", ")
            throw Mistake(description: "\"\(word)\" is no term of a filter: it begins with one of \(names)")
        }
        guard let (text, test) = operators.first(where: { rest.hasPrefix($0.text) }) else {
            throw Mistake(description: "\"\(word)\": one of = != ~ !~ < > belongs behind \(field.name)")
        }
        let value = String(rest.dropFirst(text.count))
        switch field {
        case .age, .size: return try measure(word, field, test, value)
        case .id, .sender, .recipient, .domain, .nextHop, .reason, .state: return try comparison(word, field, test, value)
        }
    }

    private static func comparison(
        _ word: String, _ field: Field, _ test: Test, _ value: String
    ) throws(Mistake) -> Term {
        guard test != .below, test != .above else {
            throw Mistake(description: "\"\(word)\": < and > compare age and size only")
        }
        // Reasons have commas of their own.
        let values = field == .reason ? [value] : value.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard values.allSatisfy({ !$0.isEmpty }) else { throw Mistake(description: "\"\(word)\": a value is missing") }
        let isSearch = test == .contains || test == .lacks
        switch field {
        case .id where isSearch || values.contains { QueueID($0) == nil }:
            throw Mistake(description: "\"\(word)\": id=ID,ID with whole queue IDs")
        case .state where isSearch || values.contains { State(name: $0.lowercased()) == nil }:
            let names = State.allCases.map(\.name).joined(separator: ", ")
            throw Mistake(description: "\"\(word)\": the states are \(names)")
        case .nextHop where isSearch || values.contains { $0.contains("*") }:
            throw Mistake(description: "\"\(word)\": next hops are compared whole, without *")
        default: break
        }
        return Term(field, test, field == .id ? values : values.map { $0.lowercased() })
    }

    private static func measure(_ word: String, _ field: Field, _ test: Test, _ value: String) throws(Mistake) -> Term {
        guard test == .below || test == .above else {
            throw Mistake(description: "\"\(word)\": \(field.name) is compared with < or >")
        }
        let digits = value.prefix { $0.isASCII && $0.isNumber }
        guard let number = UInt64(digits), let factor = factor(String(value[digits.endIndex...]), field),
            case let (limit, overflow) = number.multipliedReportingOverflow(by: factor), !overflow, limit < 1 << 62
        else {
            let units = field == .age ? "s, m, h, d or w" : "K, M or G"
            throw Mistake(
                description: "\"\(word)\": a number is expected behind \(test == .below ? "<" : ">"), with \(units) behind it")
        }
        return Term(field, test, limit: limit)
    }

    private static func factor(_ unit: String, _ field: Field) -> UInt64? {
        switch (field, unit.lowercased()) {
        case (_, ""): 1
        case (.age, "s"): 1
        case (.age, "m"): 60
        case (.age, "h"): 3600
        case (.age, "d"): 86_400
        case (.age, "w"): 604_800
        case (.size, "k"): 1 << 10
        case (.size, "m"): 1 << 20
        case (.size, "g"): 1 << 30
        default: nil
        }
    }
}
