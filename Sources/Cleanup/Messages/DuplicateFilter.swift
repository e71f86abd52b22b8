internal import Mail

/// Leaves out recipients that are there already: the same address with the same original recipient, ORCPT and NOTIFY, letters folded,
/// as Postfix's been_here(3) does with enable_original_recipient = yes.
///
/// duplicate_filter_limit bounds its memory: beyond it nothing new is remembered (0: no limit).
struct DuplicateFilter {
    private let limit: Int
    private let usesOriginal: Bool
    private var seen: Set<String> = []

    init(limit: Int, usesOriginal: Bool) {
        self.limit = limit
        self.usesOriginal = usesOriginal
    }

    mutating func isNew(_ recipient: EnvelopeRecipient) -> Bool {
        let key = key(recipient)
        if limit > 0 && seen.count >= limit { return !seen.contains(key) }
        return seen.insert(key).inserted
    }

    private func key(_ recipient: EnvelopeRecipient) -> String {
        guard usesOriginal else { return recipient.address.folded }
        var key = recipient.address.folded
        if let original = recipient.original { key += "\n" + original.folded }
        if let orcpt = recipient.orcpt { key += "\n" + orcpt.type.lowercasedASCII + ";" + orcpt.address.lowercasedASCII }
        if let notify = recipient.notify { key += "\n" + String(notify.rawValue) }
        return key
    }
}
