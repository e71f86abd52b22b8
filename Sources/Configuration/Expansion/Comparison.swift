/// The operators of `${{a} == {b} ? {x} : {y}}`: numeric when both sides are digits only, else by bytes.
enum Comparison: String {
    case equal = "=="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="

    func holds(_ order: Int) -> Bool {
        switch self {
        case .equal: order == 0
        case .notEqual: order != 0
        case .less: order < 0
        case .lessOrEqual: order <= 0
        case .greater: order > 0
        case .greaterOrEqual: order >= 0
        }
    }

    /// Negative when `left` comes first, 0 when they are equal.
    static func order(_ left: String, _ right: String) -> Int {
        if isNumber(left), isNumber(right) {
            let left = left.drop { $0 == "0" }
            let right = right.drop { $0 == "0" }
            if left.utf8.count != right.utf8.count { return left.utf8.count - right.utf8.count }
            return order(bytes: left.utf8, right.utf8)
        }
        return order(bytes: left.utf8, right.utf8)
    }

    private static func isNumber(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
    }

    private static func order(bytes left: some Sequence<UInt8>, _ right: some Sequence<UInt8>) -> Int {
        if left.lexicographicallyPrecedes(right) { return -1 }
        return left.elementsEqual(right) ? 0 : 1
    }
}

/// A value of compatibility_level: `major[.minor[.patch]]`, compared number by number (`<level`, `>=level`, …).
struct CompatibilityLevel {
    private let numbers: [Int]

    init(_ text: String) throws(ConfigurationError) {
        let parts = text.trimmed.split(separator: ".", omittingEmptySubsequences: false).map { Int($0) ?? -1 }
        guard (1...3).contains(parts.count), parts.allSatisfy({ $0 >= 0 && $0 < 1024 }) else {
            throw ConfigurationError("\"\(text)\" is no compatibility level: write for example 3.6")
        }
        numbers = parts + Array(repeating: 0, count: 3 - parts.count)
    }

    func order(to other: CompatibilityLevel) -> Int {
        for (left, right) in zip(numbers, other.numbers) where left != right { return left - right }
        return 0
    }
}
