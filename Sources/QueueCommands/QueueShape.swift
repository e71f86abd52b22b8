internal import Mail

/// Counts by domain and age, and the table that qshape prints of them, to the column.
struct QueueShape {
    var buckets = 10
    /// The age limit of the first bucket.
    var minutes = 5
    var minimumSubdomains = 5
    var width = 80
    /// Rows that are printed, 0: all.
    var top = 0
    var countsSenders = false
    var countsParents = false
    var isLinear = false
    private let now: Int64
    /// By domain: the total, then each bucket.
    private var counts: [String: [Int]] = [:]
    private var subdomains: [String: Int] = [:]
    private static let total = "TOTAL"
    private static let narrowestName = 18

    init(now: Int64) { self.now = now }

    mutating func add(arrival: Int64, sender: String, recipients: [String]) {
        let bucket = bucket(arrival)
        for address in countsSenders ? [sender] : recipients {
            count(Self.total, bucket)
            var domain = Self.domain(address)
            var isNew = false
            while true {
                let wasKnown = counts[domain] != nil
                count(domain, bucket)
                if isNew { subdomains[domain, default: 0] += 1 }
                isNew = !wasKnown
                guard countsParents, let parent = Self.parent(domain) else { break }
                domain = parent
            }
        }
    }

    private mutating func count(_ name: String, _ bucket: Int) {
        if counts[name] == nil { counts[name] = [Int](repeating: 0, count: buckets + 1) }
        counts[name]?[0] += 1
        counts[name]?[bucket] += 1
    }

    /// 1 up to the number of buckets; each is twice as long as the one before, or all are equal.
    func bucket(_ arrival: Int64) -> Int {
        let units = max(0, now - arrival) / Int64(60 * minutes)
        if units < 1 { return 1 }
        if isLinear { return Int(min(units + 1, Int64(buckets))) }
        return min(2 + (Int64.bitWidth - 1 - units.leadingZeroBitCount), buckets)
    }

    private static func domain(_ address: String) -> String {
        let folded = address.lowercased()
        if folded.isEmpty || folded == "mailer-daemon" { return "MAILER-DAEMON" }
        let name = folded.split(separator: "@", omittingEmptySubsequences: false).last.map(String.init) ?? folded
        let labels = name.split(separator: ".")
        return labels.isEmpty ? name : labels.joined(separator: ".")
    }

    /// `.example.com` of `a.example.com` and of `.a.example.com`; no top-level domains.
    private static func parent(_ domain: String) -> String? {
        let labels = domain.split(separator: ".")
        return labels.count > 2 ? "." + labels.dropFirst().joined(separator: ".") : nil
    }

    // MARK: Printing

    var text: String {
        let totals = counts[Self.total] ?? [Int](repeating: 0, count: buckets + 1)
        let heads = heads
        let widths = zip(heads, totals).map { head, total in
            let length = max(head.utf8.count, String(total).utf8.count)
            return length > 2 ? length + 1 : 3
        }
        let nameWidth = max(width - widths.reduce(0, +), Self.narrowestName)
        func row(_ name: String, _ cells: [String]) -> String {
            Self.fitted(name, nameWidth)
                + zip(cells, widths).map { String(repeating: " ", count: max(0, $1 - $0.utf8.count)) + $0 }.joined() + "\n"
        }
        var text = row("", heads)
        var known = counts
        if known[Self.total] == nil { known[Self.total] = totals }
        let sorted = known.sorted { left, right in
            (-left.value[0], left.key == Self.total ? 0 : 1, left.key.utf8.count, left.key)
                < (-right.value[0], right.key == Self.total ? 0 : 1, right.key.utf8.count, right.key)
        }
        var printed = 0
        for (name, cells) in sorted {
            if name.hasPrefix("."), subdomains[name] ?? 0 < minimumSubdomains { continue }
            printed += 1
            if top > 0 && printed > top { break }
            text += row(name, cells.map(String.init))
        }
        return text
    }

    /// T, 5, 10, 20 … and the last one with a plus.
    private var heads: [String] {
        var heads = ["T"]
        var limit = 0
        for bucket in 1...max(1, buckets) {
            if bucket < buckets {
                limit += limit > 0 && !isLinear ? limit : minutes
                heads.append(String(limit))
            } else {
                heads.append("\(limit)+")
            }
        }
        return heads
    }

    private static func fitted(_ name: String, _ width: Int) -> String {
        let length = name.utf8.count
        if length <= width { return String(repeating: " ", count: width - length) + name }
        if name.hasPrefix(".") { return ".+" + String(name.suffix(width - 2)) }
        return "+" + String(name.suffix(width - 1))
    }
}
