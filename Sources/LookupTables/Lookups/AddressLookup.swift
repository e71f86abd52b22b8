package import Mail

/// What a search by parts of an address found.
package struct AddressMatch: Equatable, Sendable {
    package var value: String
    /// `+extension`, when the table has the address only without it.
    package var unmatchedExtension: String?

    package init(value: String, unmatchedExtension: String? = nil) {
        self.value = value
        self.unmatchedExtension = unmatchedExtension
    }
}

extension TableList {
    /// The order of virtual_alias_maps, canonical_maps, local_recipient_maps and the like: `user+ext@domain`, `user@domain`,
    /// and in a local domain `user+ext`, `user`; then `@domain`.
    ///
    /// - Parameter isLocal: whether the domain is myorigin, in mydestination, or an address of this host.
    package func find(
        _ address: EmailAddress, _ extensions: AddressExtension, isLocal: (String) throws(LookupError) -> Bool
    ) throws(LookupError) -> AddressMatch? {
        guard !isEmpty else { return nil }
        if let value = try lookup(forms: address, { (key) throws(LookupError) in try lookup(key) }) {
            return AddressMatch(value: value)
        }
        let split = extensions.split(address.localPart)
        if let split {
            let bare = EmailAddress(localPart: split.user, domain: address.domain)
            if let value = try lookup(forms: bare, { (key) throws(LookupError) in try lookupPart(key) }) {
                return AddressMatch(value: value, unmatchedExtension: split.unmatched)
            }
        }
        guard !address.domain.isEmpty else { return nil }
        if try isLocal(address.domain) {
            if let value = try lookupPart(address.localPart) { return AddressMatch(value: value) }
            if let split, let value = try lookupPart(split.user) {
                return AddressMatch(value: value, unmatchedExtension: split.unmatched)
            }
        }
        return try lookupPart("@" + address.domain).map { AddressMatch(value: $0) }
    }

    /// The order of transport_maps: `user+ext@domain`, `user@domain`, `domain`, its parents, `*`.
    ///
    /// - Parameter parentMatchesSubdomains: "example.com" matches subdomains too; else ".example.com" does.
    package func findTransport(
        _ address: EmailAddress, _ extensions: AddressExtension, parentMatchesSubdomains: Bool
    ) throws(LookupError) -> String? {
        guard !isEmpty else { return nil }
        if let value = try lookup(forms: address, { (key) throws(LookupError) in try lookup(key) }) { return value }
        if let split = extensions.split(address.localPart) {
            let bare = EmailAddress(localPart: split.user, domain: address.domain)
            if let value = try lookup(forms: bare, { (key) throws(LookupError) in try lookupPart(key) }) { return value }
        }
        if let value = try findDomain(address.domain, parentMatchesSubdomains: parentMatchesSubdomains) { return value }
        return try lookupPart("*")
    }

    /// The order of access(5) for a mail address: `user+ext@domain`, `user@domain`, `domain` and its parents, `user+ext@`, `user@`.
    package func findAccess(
        address: EmailAddress, _ extensions: AddressExtension, parentMatchesSubdomains: Bool
    ) throws(LookupError) -> String? {
        guard !isEmpty else { return nil }
        if let value = try lookup(forms: address, { (key) throws(LookupError) in try lookup(key) }) { return value }
        let split = extensions.split(address.localPart)
        if let split {
            let bare = EmailAddress(localPart: split.user, domain: address.domain)
            if let value = try lookup(forms: bare, { (key) throws(LookupError) in try lookupPart(key) }) { return value }
        }
        if let value = try findDomain(address.domain, parentMatchesSubdomains: parentMatchesSubdomains) { return value }
        if let value = try lookupPart(address.localPart + "@") { return value }
        return try split.flatMap { (split) throws(LookupError) in try lookupPart(split.user + "@") }
    }

    /// The order of access(5) for a host name or domain: the whole, then its parents.
    package func findAccess(host: String, parentMatchesSubdomains: Bool) throws(LookupError) -> String? {
        guard let value = try lookup(host) else {
            return try findParents(of: host, parentMatchesSubdomains: parentMatchesSubdomains)
        }
        return value
    }

    /// The order of access(5) for a client's address: the whole, then with fewer parts (`192.0.2`, `192.0`; `2001:db8:0`, …).
    package func findAccess(address: IPAddress) throws(LookupError) -> String? {
        let text = address.description
        if let value = try lookup(text) { return value }
        let separator: Character = address.isIPv6 ? ":" : "."
        var rest = text[...]
        while let end = rest.lastIndex(of: separator) {
            rest = rest[..<end]
            // The key of 2001:db8::1 is 2001:db8, not 2001:db8: with nothing behind it.
            while rest.last == separator { rest = rest.dropLast() }
            if let value = try lookupPart(String(rest)) { return value }
        }
        return nil
    }

    /// `domain`, then its parents, in tables with fixed keys.
    package func findDomain(_ domain: String, parentMatchesSubdomains: Bool) throws(LookupError) -> String? {
        if let value = try lookupPart(domain) { return value }
        return try findParents(of: domain, parentMatchesSubdomains: parentMatchesSubdomains)
    }

    private func findParents(of domain: String, parentMatchesSubdomains: Bool) throws(LookupError) -> String? {
        var rest = domain[...]
        while let dot = rest.dropFirst().firstIndex(of: ".") {
            rest = rest[dot...]
            let key = parentMatchesSubdomains ? rest.dropFirst() : rest
            if let value = try lookupPart(String(key)) { return value }
        }
        return nil
    }

    /// The quoted form first, then the one without quotes, where they differ.
    private func lookup(
        forms address: EmailAddress, _ find: (String) throws(LookupError) -> String?
    ) throws(LookupError) -> String? {
        let external = address.externalForm
        if let value = try find(external) { return value }
        let plain = address.internalForm
        return plain == external ? nil : try find(plain)
    }
}
