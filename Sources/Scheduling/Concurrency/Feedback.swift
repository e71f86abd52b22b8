/// How much one delivery moves a destination's concurrency, `default_destination_concurrency_positive_feedback` and its
/// kin: a number, or a number divided by the window or by its square root (postconf(5), SCHEDULER_README).
package struct Feedback: Hashable, Sendable {
    package enum Divisor: Hashable, Sendable { case none, concurrency, squareRoot }
    package var base: Double
    package var divisor: Divisor

    package static let one = Feedback(base: 1, divisor: .none)

    package init(base: Double, divisor: Divisor) {
        self.base = base
        self.divisor = divisor
    }

    /// `0.5`, `1/8`, `1/concurrency`, `1/sqrt_concurrency`; nil when it is none of these or outside 0 to 1.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard let first = parts.first, let enumerator = Double(Self.trimmed(first)) else { return nil }
        switch parts.count {
        case 1: self.init(base: enumerator, divisor: .none)
        case 2:
            switch Self.trimmed(parts[1]) {
            case "concurrency": self.init(base: enumerator, divisor: .concurrency)
            case "sqrt_concurrency": self.init(base: enumerator, divisor: .squareRoot)
            case let text:
                guard let denominator = Double(text), denominator > 0 else { return nil }
                self.init(base: enumerator / denominator, divisor: .none)
            }
        default: return nil
        }
        guard base >= 0, base <= 1 else { return nil }
    }

    func value(window: Int) -> Double {
        switch divisor {
        case .none: base
        case .concurrency: base / Double(max(1, window))
        case .squareRoot: base / Double(max(1, window)).squareRoot()
        }
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        String(text.drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
    }
}
