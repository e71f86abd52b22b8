/// All parameter names that Postfix has, with the default text of each, so that `$name` of any of them expands, a name that
/// Martlet does not know is told from a misspelt one, and a misspelt one gets a suggestion.
package enum PostfixParameters {
    /// The default's text; nil when Postfix has no such parameter.
    package static func defaultText(_ name: String) -> String? {
        defaults[name] ?? perTransport(name)
    }

    package static func isKnown(_ name: String) -> Bool { defaultText(name) != nil }

    package static var names: some Collection<String> { defaults.keys }

    /// The known name that is most like this one; nil when none is much alike.
    package static func suggestion(for name: String, among others: some Sequence<String> = [String]()) -> String? {
        var best: (distance: Int, name: String)?
        let limit = name.utf8.count < 8 ? 1 : 3
        for candidate in Array(others) + Array(names) {
            let bound = best.map { $0.distance - 1 } ?? limit
            guard abs(candidate.utf8.count - name.utf8.count) <= bound, bound >= 0 else { continue }
            let distance = editDistance(Array(name.utf8), Array(candidate.utf8))
            if distance <= bound { best = (distance, candidate) }
        }
        return best?.name
    }

    /// `smtp_destination_rate_delay` → `default_destination_rate_delay`; nil: no parameter that every transport has.
    static func commonName(ofTransportParameter name: String) -> String? {
        guard !name.hasPrefix("default_"), let text = perTransport(name), text.hasPrefix("$") else { return nil }
        return String(text.dropFirst())
    }

    /// Whether Postfix knows this name only as one that every transport has.
    static func isForTransport(_ name: String) -> Bool { defaults[name] == nil && perTransport(name) != nil }

    private static let defaults: [String: String] = {
        var result: [String: String] = [:]
        result.reserveCapacity(1000)
        for line in table.split(separator: "\n") {
            guard let equals = line.firstIndex(of: "=") else { continue }
            result[String(line[..<equals].trimmed)] = String(line[line.index(after: equals)...].trimmed)
        }
        return result
    }()

    /// Parameters that exist for every transport of master.cf: `smtp_destination_recipient_limit`.
    private static func perTransport(_ name: String) -> String? {
        for ending in endings where name.hasSuffix(ending) && name.utf8.count > ending.utf8.count { return "$default" + ending }
        if name.hasSuffix("_initial_destination_concurrency") { return "$initial_destination_concurrency" }
        if name.hasSuffix("_time_limit") { return "$command_time_limit" }
        return nil
    }

    private static let endings = [
        "_delivery_slot_cost", "_delivery_slot_discount", "_delivery_slot_loan",
        "_destination_concurrency_failed_cohort_limit", "_destination_concurrency_limit",
        "_destination_concurrency_negative_feedback", "_destination_concurrency_positive_feedback",
        "_destination_rate_delay", "_destination_recipient_limit", "_extra_recipient_limit", "_minimum_delivery_slots",
        "_recipient_limit", "_recipient_refill_delay", "_recipient_refill_limit", "_transport_rate_delay",
    ]

    /// Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment).
    private static func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var beforeLast = [Int](repeating: 0, count: right.count + 1)
        var last = Array(0...right.count)
        for row in 0..<left.count {
            var current = [row + 1]
            for column in 0..<right.count {
                var cost = min(last[column + 1] + 1, current[column] + 1, last[column] + (left[row] == right[column] ? 0 : 1))
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    cost = min(cost, beforeLast[column - 1] + 1)
                }
                current.append(cost)
            }
            beforeLast = last
            last = current
        }
        return last[right.count]
    }
}
