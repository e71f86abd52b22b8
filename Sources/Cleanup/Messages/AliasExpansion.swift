internal import LookupTables
internal import Mail

/// Follows virtual aliases to their ends, within the limits of Postfix's cleanup_map1n(3).
struct AliasExpansion: Sendable {
    struct Limits: Sendable {
        /// virtual_alias_expansion_limit
        var expansion = 1000
        /// virtual_alias_recursion_limit
        var recursion = 1000
        /// virtual_alias_address_length_limit
        var addressLength = 1000
    }

    /// Why an expansion has no result; the text is for the log.
    enum Failure: Error, Equatable {
        case unreasonable(String)
        case table(LookupError)
    }

    var limits: Limits
    /// One step: what the tables say of this address, nil when nothing.
    var step: @Sendable (EmailAddress) throws(LookupError) -> [EmailAddress]?

    func expand(_ address: EmailAddress) throws(Failure) -> [EmailAddress] {
        var results = [address]
        /// What was looked up already. An address may expand into itself once.
        var looked: Set<String> = []
        var index = 0
        while index < results.count {
            guard results.count <= limits.expansion else {
                throw .unreasonable("unreasonable virtual_alias_maps map expansion size for \(address.externalForm)")
            }
            try follow(&results, index, original: address, looked: &looked)
            index += 1
        }
        return results
    }

    /// Replaces the address at `index` by the first of what it expands to, again and again; the others are added behind.
    private func follow(
        _ results: inout [EmailAddress], _ index: Int, original: EmailAddress, looked: inout Set<String>
    ) throws(Failure) {
        for depth in 0... {
            guard depth < limits.recursion else {
                throw .unreasonable("unreasonable virtual_alias_maps map nesting for \(original.externalForm)")
            }
            let current = results[index]
            guard looked.insert(current.folded).inserted else { return }
            let found: [EmailAddress]?
            do throws(LookupError) {
                found = try step(current)
            } catch {
                throw .table(error)
            }
            guard let found, let first = found.first else { return }
            for result in found where result.internalForm.utf8.count > limits.addressLength {
                throw .unreasonable(
                    "unreasonable virtual_alias_maps map result \(result.internalForm.prefix(300))... for \(original.externalForm)"
                )
            }
            results[index] = first
            results.append(contentsOf: found.dropFirst())
        }
    }
}
