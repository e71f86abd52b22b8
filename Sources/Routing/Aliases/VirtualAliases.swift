package import Configuration
package import LookupTables
package import Mail
internal import MessageFormat

/// Expands recipients by virtual_alias_maps, before a message is queued: virtual(5).
///
/// *Failure:* throws; the message is not accepted now (451 4.6.0), because losing half of a list would be worse.
package struct VirtualAliases: Sendable {
    package enum Failure: Error, Equatable, Sendable {
        case lookup(LookupError)
        /// Over virtual_alias_expansion_limit, …_recursion_limit or …_address_length_limit, or a result that is no address. The
        /// sentence is for the log.
        case unreasonable(String)

        /// As Postfix logs it, behind the queue ID.
        package var description: String {
            switch self {
            case .lookup(let error): error.description
            case .unreasonable(let text): text
            }
        }
    }

    private let maps: TableList
    private let resolver: AddressResolver
    private let rewriter: AddressRewriter
    private let expansionLimit: Int
    private let recursionLimit: Int
    private let lengthLimit: Int
    private let propagatesExtension: Bool

    package init(
        _ configuration: Configuration, resolver: AddressResolver, warn: LookupTables.Warn = { _ in }
    ) throws(ConfigurationError) {
        maps = try TableList.open(RoutingParameters.virtualAliasMaps, in: configuration, warn: warn)
        self.resolver = resolver
        rewriter = try AddressRewriter(configuration)
        expansionLimit = try configuration.value(of: RoutingParameters.virtualAliasExpansionLimit)
        recursionLimit = try configuration.value(of: RoutingParameters.virtualAliasRecursionLimit)
        lengthLimit = try configuration.value(of: RoutingParameters.virtualAliasAddressLengthLimit)
        propagatesExtension = try configuration.value(of: RoutingParameters.propagateUnmatchedExtensions).words.contains(
            "virtual")
    }

    package var isEmpty: Bool { maps.isEmpty }

    /// Whether there is an alias for this very address (for the check of recipients).
    package func has(_ address: EmailAddress) throws(LookupError) -> Bool { try find(address) != nil }

    /// The addresses that this one becomes, itself when it has no alias; each at most once.
    package func expand(_ recipient: EmailAddress) throws(Failure) -> [EmailAddress] {
        guard !maps.isEmpty else { return [recipient] }
        var addresses = [recipient]
        // Addresses already looked up or that stand for themselves, so that a loop ends.
        var done: Set<String> = []
        var index = 0
        while index < addresses.count {
            guard addresses.count <= expansionLimit else {
                throw .unreasonable("unreasonable virtual_alias_maps map expansion size for \(recipient)")
            }
            var depth = 0
            while done.insert(addresses[index].folded).inserted {
                guard depth < recursionLimit else {
                    throw .unreasonable("unreasonable virtual_alias_maps map nesting for \(recipient)")
                }
                guard let results = try results(for: addresses[index], of: recipient) else { break }
                // An alias that names itself is delivered as itself, beside the others.
                if results.contains(where: { $0.folded == addresses[index].folded }) { done.insert(addresses[index].folded) }
                addresses[index] = results[0]
                addresses.append(contentsOf: results.dropFirst())
                depth += 1
            }
            index += 1
        }
        return unique(addresses)
    }

    private func results(for address: EmailAddress, of recipient: EmailAddress) throws(Failure) -> [EmailAddress]? {
        let match: AddressMatch
        do {
            guard let found = try find(address) else { return nil }
            match = found
        } catch {
            throw .lookup(error)
        }
        if match.value.hasPrefix("@") {
            // `@other.example` keeps the local part, and the extension that was not matched as far as extensions are carried over.
            var user = address.localPart
            if !propagatesExtension, let unmatched = match.unmatchedExtension { user.removeLast(unmatched.count) }
            let domain = String(match.value.dropFirst().prefix { !$0.isWhitespace && $0 != "," })
            return [rewriter.rewrite(EmailAddress(localPart: user, domain: domain))]
        }
        let results = AddressList.parse(Array(match.value.utf8), limit: expansionLimit + 1).map { result in
            var result = rewriter.rewrite(result)
            if propagatesExtension, let added = match.unmatchedExtension { result.localPart += added }
            return result
        }
        guard !results.isEmpty else {
            throw .unreasonable("virtual_alias_maps lookup of \(address) returns non-address result \"\(match.value)\"")
        }
        if let long = results.first(where: { $0.internalForm.utf8.count > lengthLimit }) {
            throw .unreasonable("unreasonable virtual_alias_maps result \(long.internalForm.prefix(300))...")
        }
        return results
    }

    private func find(_ address: EmailAddress) throws(LookupError) -> AddressMatch? {
        try maps.find(address, resolver.extensions, isLocal: { (domain) throws(LookupError) in try resolver.isOwn(domain) })
    }

    private func unique(_ addresses: [EmailAddress]) -> [EmailAddress] {
        guard addresses.count > 1 else { return addresses }
        var seen: Set<String> = []
        return addresses.filter { seen.insert($0.folded).inserted }
    }
}
