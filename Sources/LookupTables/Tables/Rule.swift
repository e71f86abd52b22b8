internal import Configuration
internal import Platform

/// A line of a table of patterns: a condition, then a result or (for `if`) the rules up to `endif`.
struct Rule<Condition: Sendable>: Sendable {
    var condition: Condition
    /// `!` before the condition.
    var negated: Bool
    /// nil for `if`.
    var result: String?
    /// What is between `if` and `endif`.
    var inner: [Rule<Condition>]

    /// The first rule whose condition holds and that has a result. `evaluate` gives the result, "" for an `if` that holds,
    /// nil when the condition does not hold.
    static func first(
        _ rules: [Rule<Condition>], _ evaluate: (Rule<Condition>) throws(LookupError) -> String?
    ) throws(LookupError) -> String? {
        for rule in rules {
            guard let result = try evaluate(rule) else { continue }
            if rule.result != nil { return rule.negated ? rule.result : result }
            if let found = try first(rule.inner, evaluate) { return found }
        }
        return nil
    }

    /// - Parameter split: takes the condition from the front of a line.
    ///
    /// A line that is wrong is left out, and `warn` is told, as in Postfix.
    static func parse(
        _ source: RuleSource, warn: LookupTables.Warn,
        split: (Substring) throws(ConfigurationError) -> (Condition, rest: Substring)
    ) -> [Rule<Condition>] {
        // A stack of open `if`s; the rules of the outermost level are in the first.
        var open: [[Rule<Condition>]] = [[]]
        var heads: [Rule<Condition>] = []
        for line in source.lines {
            do throws(ConfigurationError) {
                let text = line.text[...].trimmed
                let word = text.prefix { !$0.isWhitespace }.lowercased()
                if word == "endif" {
                    guard var head = heads.popLast(), let inner = open.popLast() else {
                        throw ConfigurationError("endif without if")
                    }
                    head.inner = inner
                    open[open.count - 1].append(head)
                    continue
                }
                let isIf = word == "if"
                var rest = isIf ? text.dropFirst(2).trimmed : text
                let negated = rest.hasPrefix("!")
                if negated { rest = rest.dropFirst().trimmed }
                let (condition, behind) = try split(rest)
                let result = String(behind.trimmed)
                if isIf {
                    if !result.isEmpty {
                        warn("\(source.name), line \(line.number): text behind the condition of an if is ignored")
                    }
                    heads.append(Rule(condition: condition, negated: negated, result: nil, inner: []))
                    open.append([])
                } else {
                    guard !result.isEmpty else { throw ConfigurationError("there is no result behind the pattern") }
                    open[open.count - 1].append(Rule(condition: condition, negated: negated, result: result, inner: []))
                }
            } catch {
                warn("\(source.name), line \(line.number): \(error.message)")
            }
        }
        while var head = heads.popLast(), let inner = open.popLast() {
            warn("\(source.name): an if has no endif")
            head.inner = inner
            open[open.count - 1].append(head)
        }
        return open[0]
    }
}

/// The lines of a table of patterns: from a file, or from `{ {line}, {line} }` in main.cf.
struct RuleSource {
    enum Reading {
        case source(RuleSource)
        case failure(String)
    }

    var name: String
    var lines: [LogicalLines.Line]

    static func read(_ path: String) -> Reading {
        if path.hasPrefix("{") {
            guard path.hasSuffix("}"), let words = WordList.parse(String(path.dropFirst().dropLast()))?.words else {
                return .failure("\(path): write { {line}, {line} }")
            }
            return .source(RuleSource(name: path, lines: words.enumerated().map { .init(text: $1, number: $0 + 1) }))
        }
        do {
            return .source(RuleSource(name: path, lines: Array(LogicalLines(try WholeFile.read(path)))))
        } catch {
            return .failure("\(path) cannot be read: \(errorText(error.code))")
        }
    }
}
