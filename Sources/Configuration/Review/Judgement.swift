/// What it means that Martlet does not implement a parameter, when it is set.
struct Judgement: Sendable {
    enum Condition: Sendable {
        case always
        case nonEmpty
        case yes
        case nonZero
        case oneOf([String])
        case notOneOf([String])

        func holds(_ value: String) -> Bool {
            let value = value.lowercased()
            switch self {
            case .always: return true
            case .nonEmpty: return !value.isEmpty
            case .yes: return value == "yes"
            case .nonZero: return value.contains { $0.isNumber && $0 != "0" }
            case .oneOf(let words): return words.contains(value)
            case .notOneOf(let words): return !words.contains(value)
            }
        }
    }

    enum Effect: Sendable, Equatable {
        case silent
        case warns
        case stops
    }

    /// A name, or with `*` at its end or beginning the rest of one.
    let pattern: String
    let condition: Condition
    let effect: Effect
    let sentence: String

    init(_ pattern: String, _ condition: Condition, _ effect: Effect, _ sentence: String = "") {
        self.pattern = pattern
        self.condition = condition
        self.effect = effect
        self.sentence = sentence
    }

    func applies(to name: String, value: String) -> Bool {
        let isMatch =
            if pattern.hasSuffix("*") {
                name.hasPrefix(pattern.dropLast())
            } else if pattern.hasPrefix("*") {
                name.hasSuffix(pattern.dropFirst())
            } else {
                name == pattern
            }
        return isMatch && condition.holds(value)
    }

    /// The first that applies. nil: the parameter has no effect, and that is all there is to say.
    static func first(for name: String, value: String) -> Judgement? {
        all.first { $0.applies(to: name, value: value) }
    }

    private static let all = protective + redirecting + harmless + families
}
