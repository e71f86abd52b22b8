package import Mail

/// The seam to name resolution. Real ones are ``UnboundResolver`` (DNS) and ``NativeResolver`` (the C library, /etc/hosts); tests
/// put a table behind it.
package protocol NameService: Sendable {
    /// The records of one type as they are on the wire. Never blocks the caller.
    func query(_ name: String, _ type: RecordType) async -> Lookup<[UInt8]>
}

extension NameService {
    package func mailExchangers(of domain: String) async -> Lookup<MailExchanger> {
        await lookup(domain, .mx, RecordData.mailExchanger)
    }

    package func addresses(of host: String, _ family: AddressFamily) async -> Lookup<IPAddress> {
        await lookup(host, family == .v4 ? .a : .aaaa) { IPAddress(bytes: $0) }
    }

    /// IPv4 and IPv6 addresses in one list, in the order of `families`. A definite answer for one family counts although the other
    /// failed for a while; when neither has records, doubt beats certainty.
    package func addresses(of host: String, _ families: [AddressFamily]) async -> Lookup<IPAddress> {
        var merged: Lookup<IPAddress>?
        for family in families {
            let next = await addresses(of: host, family)
            merged = merged.map { Self.merge($0, next) } ?? next
            if case .noSuchDomain = next { break }
        }
        return merged ?? .noData
    }

    /// The names of an address.
    package func names(of address: IPAddress) async -> Lookup<String> {
        await lookup(address.reverseName, .ptr) { RecordData.name($0[...]).flatMap { $0.isEmpty ? nil : $0 } }
    }

    package func texts(of name: String) async -> Lookup<String> {
        await lookup(name, .txt, RecordData.text)
    }

    private func lookup<Record>(
        _ name: String, _ type: RecordType, _ parse: ([UInt8]) -> Record?
    ) async -> Lookup<Record> {
        guard let name = DomainName.normalized(name) else { return .noSuchDomain }
        return await query(name, type).mapFound { answer in
            let records = answer.records.compactMap(parse)
            // Records that nobody can use are no answer, but not the definite absence of one either.
            return records.isEmpty ? .temporaryFailure("malformed \(type) records for \(name)") : .found(answer.map(records))
        }
    }

    private static func merge(_ first: Lookup<IPAddress>, _ second: Lookup<IPAddress>) -> Lookup<IPAddress> {
        switch (first, second) {
        case (.found(let one), .found(let two)):
            var answer = one.map(one.records + two.records)
            answer.timeToLive = min(one.timeToLive, two.timeToLive)
            answer.isSecure = one.isSecure && two.isSecure
            return .found(answer)
        case (.found, _): return first
        case (_, .found): return second
        case (.temporaryFailure, _): return first
        case (_, .temporaryFailure): return second
        case (.noData, _), (_, .noData): return .noData
        case (.noSuchDomain, .noSuchDomain): return .noSuchDomain
        }
    }
}
