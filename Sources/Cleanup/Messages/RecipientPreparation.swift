internal import Mail
internal import MailLog
internal import Routing

/// The recipients that are stored: completed, expanded, each once.
struct RecipientPreparation: Sendable {
    /// Adds what an address lacks (append_at_myorigin and the like).
    var rewriter: AddressRewriter
    /// nil when there is no virtual alias table.
    var aliases: VirtualAliases?
    /// always_bcc
    var alwaysBcc: EmailAddress?
    var duplicateLimit = 1000
    var usesOriginal = true

    /// - Parameters:
    ///   - mapsAddresses: not for receive_override_options = no_address_mappings.
    ///   - addsBcc: not for mail made inside the suite.
    func recipients(
        _ given: [EnvelopeRecipient], mapsAddresses: Bool, addsBcc: Bool, queueID: QueueID
    ) throws(Refusal) -> [EnvelopeRecipient] {
        var all = given
        if addsBcc, let alwaysBcc, !given.isEmpty {
            var copy = EnvelopeRecipient(alwaysBcc)
            copy.notify = []
            all.append(copy)
        }
        var results: [EnvelopeRecipient] = []
        results.reserveCapacity(all.count)
        for recipient in all { try append(recipient, mapsAddresses, queueID, to: &results) }
        guard results.count > 1 else { return results }
        var filter = DuplicateFilter(limit: duplicateLimit, usesOriginal: usesOriginal)
        results.removeAll { !filter.isNew($0) }
        return results
    }

    private func append(
        _ recipient: EnvelopeRecipient, _ mapsAddresses: Bool, _ queueID: QueueID, to results: inout [EnvelopeRecipient]
    ) throws(Refusal) {
        let complete = rewriter.rewrite(recipient.address)
        guard mapsAddresses, let aliases else {
            results.append(changed(recipient, to: complete))
            return
        }
        do throws(VirtualAliases.Failure) {
            for address in try aliases.expand(complete) { results.append(changed(recipient, to: address)) }
        } catch {
            Log.warning("\(queueID): \(error.description) -- message not accepted, try again later")
            throw .aliasExpansion
        }
    }

    private func changed(_ recipient: EnvelopeRecipient, to address: EmailAddress) -> EnvelopeRecipient {
        guard address != recipient.address else { return recipient }
        var result = recipient
        if result.original == nil { result.original = recipient.address }
        result.address = address
        return result
    }
}
