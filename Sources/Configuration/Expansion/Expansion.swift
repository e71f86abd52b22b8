/// Expands `$name`, `${name}`, `$(name)`, `${name?text}`, `${name:text}`, `${name?{text}:{text}}`,
/// `${{a} == {b} ? {x} : {y}}` and `$$` as Postfix does (postconf(5)).
///
/// *Failure:* throws ``ConfigurationError`` for a reference that is not closed, an unknown operator, or a name that refers to itself.
struct Expansion {
    /// A name's text before expansion; nil when there is no such parameter, which expands to nothing.
    let lookup: (String) throws(ConfigurationError) -> String?
    /// A name whose value is not its text alone (`myorigin = /etc/mailname`).
    var finish: (String, String) throws(ConfigurationError) -> String = { (_, text) throws(ConfigurationError) in text }
    /// Far more than anybody nests; bounds the stack.
    private static let maximumDepth = 100

    func expand(_ text: String, for name: String) throws(ConfigurationError) -> String {
        // Most values refer to nothing.
        guard text.utf8.contains(UInt8(ascii: "$")) else { return text }
        var result: [UInt8] = []
        try expand(Array(text.utf8)[...], names: [name], into: &result)
        return String(decoding: result, as: UTF8.self)
    }

    private func expand(_ text: ArraySlice<UInt8>, names: [String], into result: inout [UInt8]) throws(ConfigurationError) {
        guard names.count < Self.maximumDepth else {
            throw ConfigurationError("\(names[0]): references are nested too deeply")
        }
        var rest = text
        while let dollar = rest.firstIndex(of: UInt8(ascii: "$")) {
            result.append(contentsOf: rest[..<dollar])
            rest = rest[(dollar + 1)...]
            switch rest.first {
            case UInt8(ascii: "$"):
                result.append(UInt8(ascii: "$"))
                rest = rest.dropFirst()
            case UInt8(ascii: "{"):
                try reference(try Self.group(&rest, "{", "}"), names: names, into: &result)
            case UInt8(ascii: "("):
                try reference(try Self.group(&rest, "(", ")"), names: names, into: &result)
            default:
                let name = rest.prefix { $0.isNameCharacter }
                guard !name.isEmpty else {
                    throw ConfigurationError("a \"$\" without a name in \"\(Self.show(text))\": write $$ for a dollar sign")
                }
                rest = rest[name.endIndex...]
                try value(of: String(decoding: name, as: UTF8.self), names: names, into: &result)
            }
        }
        result.append(contentsOf: rest)
    }

    /// What is between the brackets of a reference.
    private func reference(
        _ inside: ArraySlice<UInt8>, names: [String], into result: inout [UInt8]
    ) throws(ConfigurationError) {
        var rest = Self.trimmingStart(inside)
        let holds: Bool
        let name: String?
        if rest.first == UInt8(ascii: "{") {
            holds = try comparison(&rest, names: names)
            name = nil
        } else {
            let word = rest.prefix { $0.isNameCharacter }
            guard !word.isEmpty else { throw ConfigurationError("no name in \"${\(Self.show(inside))}\"") }
            rest = Self.trimmingStart(rest[word.endIndex...])
            let text = String(decoding: word, as: UTF8.self)
            name = text
            holds = try lookup(text)?.isEmpty == false
        }
        guard let operation = rest.popFirst() else {
            if let name {
                try value(of: name, names: names, into: &result)
            } else if holds {
                result.append(contentsOf: "true".utf8)
            }
            return
        }
        guard operation == UInt8(ascii: "?") || operation == UInt8(ascii: ":") else {
            throw ConfigurationError("\"?\" or \":\" expected in \"${\(Self.show(inside))}\"")
        }
        var wanted: ArraySlice<UInt8>?
        if operation == UInt8(ascii: "?") {
            let text = try Self.operand(&rest)
            if holds { wanted = text }
            if let colon = rest.popFirst() {
                guard colon == UInt8(ascii: ":") else {
                    throw ConfigurationError("\":\" expected before \"\(Self.show(rest))\" in \"${\(Self.show(inside))}\"")
                }
                let text = try Self.operand(&rest)
                if !holds { wanted = text }
            }
        } else {
            let text = try Self.operand(&rest)
            if !holds { wanted = text }
        }
        guard rest.isEmpty else {
            throw ConfigurationError("\"\(Self.show(rest))\" is too much in \"${\(Self.show(inside))}\"")
        }
        if let wanted { try expand(wanted, names: names + [name ?? "{}"], into: &result) }
    }

    private func value(of name: String, names: [String], into result: inout [UInt8]) throws(ConfigurationError) {
        guard !names.contains(name) else {
            throw ConfigurationError("\(name) refers to itself: \((names + [name]).joined(separator: " -> "))")
        }
        guard let text = try lookup(name) else { return }
        var expanded: [UInt8] = []
        try expand(Array(text.utf8)[...], names: names + [name], into: &expanded)
        result.append(contentsOf: try finish(name, String(decoding: expanded, as: UTF8.self)).utf8)
    }

    /// `{left} operator {right}`
    private func comparison(_ rest: inout ArraySlice<UInt8>, names: [String]) throws(ConfigurationError) -> Bool {
        let whole = rest
        let left = try operandText(&rest, names: names)
        rest = Self.trimmingStart(rest)
        let symbol = rest.prefix { "<>!=".utf8.contains($0) }
        rest = rest[symbol.endIndex...]
        let suffix = rest.prefix { $0.isNameCharacter }
        rest = Self.trimmingStart(rest[suffix.endIndex...])
        guard rest.first == UInt8(ascii: "{") else {
            throw ConfigurationError("\"{text}\" expected behind the operator in \"\(Self.show(whole))\"")
        }
        let right = try operandText(&rest, names: names)
        rest = Self.trimmingStart(rest)
        guard let operation = Comparison(rawValue: Self.show(symbol)) else {
            throw ConfigurationError(
                "\"\(Self.show(symbol))\" is no operator in \"\(Self.show(whole))\": write == != < <= > or >=")
        }
        switch Self.show(suffix) {
        case "": return operation.holds(Comparison.order(left, right))
        case "level": return operation.holds(try CompatibilityLevel(left).order(to: try CompatibilityLevel(right)))
        case let other: throw ConfigurationError("\"\(other)\" is no operator suffix in \"\(Self.show(whole))\"")
        }
    }

    private func operandText(_ rest: inout ArraySlice<UInt8>, names: [String]) throws(ConfigurationError) -> String {
        var result: [UInt8] = []
        try expand(try Self.group(&rest, "{", "}"), names: names + ["{}"], into: &result)
        return String(decoding: result, as: UTF8.self)
    }

    /// `{text}`, or everything that is left.
    private static func operand(_ rest: inout ArraySlice<UInt8>) throws(ConfigurationError) -> ArraySlice<UInt8> {
        let start = trimmingStart(rest)
        guard start.first == UInt8(ascii: "{") else {
            defer { rest = [] }
            return rest
        }
        rest = start
        let text = try group(&rest, "{", "}")
        rest = trimmingStart(rest)
        return text
    }

    /// Takes a bracketed group from the front, and gives its inside.
    private static func group(
        _ rest: inout ArraySlice<UInt8>, _ open: Unicode.Scalar, _ close: Unicode.Scalar
    ) throws(ConfigurationError) -> ArraySlice<UInt8> {
        var depth = 0
        for index in rest.indices {
            if rest[index] == UInt8(ascii: open) { depth += 1 }
            if rest[index] == UInt8(ascii: close) {
                depth -= 1
                if depth == 0 {
                    defer { rest = rest[(index + 1)...] }
                    return rest[(rest.startIndex + 1)..<index]
                }
            }
        }
        throw ConfigurationError("\"\(show(rest))\" is not closed: a \"\(close)\" is missing")
    }

    private static func trimmingStart(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> { text.drop { $0.isWhiteSpace } }

    private static func show(_ text: ArraySlice<UInt8>) -> String { String(decoding: text, as: UTF8.self) }
}
