/// A ``QueueFilter`` made ready to be asked of many messages. No clock: the instant is given.
package struct QueueMatcher: Sendable {
    /// What is compared of a recipient that is still queued.
    package struct Recipient: Sendable {
        /// Internal form.
        package var address: String
        package var reason: String
        /// ``QueueDigest`` of the next hop, 0 when no attempt was made.
        package var nextHop: UInt64
        package init(address: String, reason: String, nextHop: UInt64) {
            self.address = address
            self.reason = reason
            self.nextHop = nextHop
        }
    }

    package let filter: QueueFilter
    /// Of all `id=` terms; nil when there are none.
    package let ids: Set<String>?
    private let digests: [[UInt64]]
    private let now: Int64
    package let needsRecipients: Bool

    /// - Parameter now: seconds since 1970.
    package init(_ filter: QueueFilter, now: Int64) {
        self.filter = filter
        self.now = now
        var ids: Set<String>?
        for term in filter.terms where term.field == .id && term.test == .equals {
            ids = ids.map { $0.intersection(term.values) } ?? Set(term.values)
        }
        self.ids = ids
        digests = filter.terms.map { $0.field == .nextHop ? $0.values.map(QueueDigest.of) : [] }
        needsRecipients = filter.terms.contains { Self.isAboutRecipients($0.field) }
    }

    /// Everything but the recipients. Deleted messages match only when they are asked for.
    package func matches(id: String, sender: String, arrival: Int64, size: UInt64, state: QueueFilter.State) -> Bool {
        if state == .deleted && !filter.wantsDeleted && ids == nil { return false }
        if let ids, !ids.contains(id) { return false }
        return filter.terms.allSatisfy { term in
            switch term.field {
            case .id: return term.test == .equals || !term.values.contains(id)
            case .sender: return text(sender.isEmpty ? "<>" : sender, term)
            case .age:
                let age = UInt64(max(0, now - arrival))
                return term.test == .below ? age < term.limit : age > term.limit
            case .size: return term.test == .below ? size < term.limit : size > term.limit
            case .state: return term.values.contains(state.name) == (term.test == .equals)
            case .recipient, .domain, .nextHop, .reason: return true
            }
        }
    }

    /// Whether one of them fulfils all terms about recipients.
    package func matches(anyOf recipients: some Sequence<Recipient>) -> Bool {
        !needsRecipients || recipients.contains { matches($0) }
    }

    private func matches(_ recipient: Recipient) -> Bool {
        for (term, digests) in zip(filter.terms, digests) {
            let holds: Bool
            switch term.field {
            case .recipient: holds = text(recipient.address, term)
            case .domain: holds = text(EmailAddress(internal: recipient.address).domain, term)
            case .reason: holds = text(recipient.reason, term)
            case .nextHop: holds = digests.contains(recipient.nextHop) == (term.test == .equals)
            case .id, .sender, .age, .size, .state: continue
            }
            if !holds { return false }
        }
        return true
    }

    private func text(_ text: String, _ term: QueueFilter.Term) -> Bool {
        let folded = text.lowercased()
        switch term.test {
        case .equals: return term.values.contains { Self.isLike(folded, $0) }
        case .differs: return !term.values.contains { Self.isLike(folded, $0) }
        case .contains: return term.values.contains { folded.contains($0) }
        case .lacks: return !term.values.contains { folded.contains($0) }
        case .below, .above: return false
        }
    }

    /// `*` matches any characters. An address pattern that begins with @ is a domain. Linear but for the last star that is retried.
    static func isLike(_ text: String, _ pattern: String) -> Bool {
        let pattern = Array((pattern.hasPrefix("@") ? "*" + pattern : pattern).utf8)
        let text = Array(text.utf8)
        var (place, at) = (0, 0)
        var star: (pattern: Int, text: Int)?
        while at < text.count {
            if place < pattern.count, pattern[place] == UInt8(ascii: "*") {
                star = (place, at)
                place += 1
            } else if place < pattern.count, pattern[place] == text[at] {
                place += 1
                at += 1
            } else if let last = star {
                star = (last.pattern, last.text + 1)
                place = last.pattern + 1
                at = last.text + 1
            } else {
                return false
            }
        }
        return pattern[place...].allSatisfy { $0 == UInt8(ascii: "*") }
    }

    private static func isAboutRecipients(_ field: QueueFilter.Field) -> Bool {
        switch field {
        case .recipient, .domain, .nextHop, .reason: true
        case .id, .sender, .age, .size, .state: false
        }
    }
}

extension QueueMatcher {
    /// Domains of which one must be a recipient's: where an index by domain helps. nil when the filter does not say.
    package var domains: [String]? {
        for term in filter.terms where term.test == .equals {
            switch term.field {
            case .domain where !term.values.contains(where: { $0.contains("*") }): return term.values
            case .recipient:
                let domains = term.values.map { EmailAddress(internal: $0).domain }
                if !domains.contains(where: { $0.isEmpty || $0.contains("*") }) { return domains }
            default: continue
            }
        }
        return nil
    }

    /// Digests of next hops of which one must be a recipient's.
    package var nextHops: [UInt64]? {
        for (term, digests) in zip(filter.terms, digests) where term.field == .nextHop && term.test == .equals {
            return digests
        }
        return nil
    }
}

/// Digests of texts that the index keeps under keys of bounded length: next hops, domains, queue IDs. Letters are folded. FNV-1a: a
/// collision costs one early retry.
package enum QueueDigest {
    package static func of(_ text: some StringProtocol) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte.lowercasedASCII)) &* 0x100_0000_01b3 }
        return hash
    }
}
