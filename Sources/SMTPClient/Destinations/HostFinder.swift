internal import Mail
internal import MailLog
internal import Resolver

/// From a next hop to the servers to try: MX records, then addresses (RFC 5321 section 5.1), by DNS, by the C library, or both.
///
/// *Failure:* a status in Postfix's words; temporary unless DNS said for certain that there is nothing.
struct HostFinder: Sendable {
    enum Found: Equatable, Sendable {
        /// At least one. `isFinal`: no fallback relay may be asked after these (we are a mail exchanger of the domain ourselves).
        case hosts([MailHost], isFinal: Bool)
        case failure(DeliveryStatus, isFinal: Bool)
    }

    let options: HostOptions
    /// nil: not used for host names.
    let dns: (any NameService)?
    let native: (any NameService)?

    /// The host of an address literal, without any look-up.
    func literal(_ destination: Destination) -> Found? {
        guard let address = destination.literal else { return nil }
        guard options.families.contains(address.family) else {
            return .failure(Self.noAddress(destination.host, .a, "Host not found", isTemporary: false), isFinal: false)
        }
        if destination.port == 25, options.ownAddresses.contains(address) { return Self.loop(destination.host) }
        return .hosts([MailHost(name: destination.host, address: address, preference: 0)], isFinal: false)
    }

    func find(_ destination: Destination) async -> Found {
        if let found = literal(destination) { return found }
        guard !destination.isBracketed, options.usesMX, let dns else { return await hostOnly(destination) }
        switch await dns.mailExchangers(of: destination.host) {
        case .found(let answer): return await exchangers(answer.records, destination)
        case .noSuchDomain, .noData: return await hostOnly(destination)
        case .temporaryFailure:
            if options.ignoresMXLookupError { return await hostOnly(destination) }
            let status = Self.noAddress(destination.host, .mx, "Host not found, try again", isTemporary: true)
            return .failure(status, isFinal: false)
        }
    }

    // MARK: MX records

    private func exchangers(_ records: [MailExchanger], _ destination: Destination) async -> Found {
        if records.count == 1, records[0].host.isEmpty {
            // RFC 7505 section 3: for certain, and for ever.
            let text = "Domain \(destination.host) does not accept mail (nullMX)"
            return .failure(DeliveryStatus(.bounced, EnhancedStatus(.permanent, 1, 10), text), isFinal: true)
        }
        let records = records.filter { !$0.host.isEmpty }.sorted { $0.preference < $1.preference }
        let (found, failure) = await addresses(of: records)
        guard !found.isEmpty else {
            Log.warning("no MX host for \(destination.host) has a valid address record")
            return .failure(withoutAddress(failure, destination.host), isFinal: false)
        }
        let usable = destination.port == 25 ? HostList.beforeOurselves(found, own: options.ownAddresses) : found
        guard !usable.isEmpty else {
            if let best = records.first?.preference, found.allSatisfy({ $0.preference != best }) {
                let text = "unable to find primary relay for \(destination.host)"
                return .failure(DeliveryStatus(.deferred, EnhancedStatus(.temporary, 4, 4), text), isFinal: true)
            }
            return Self.loop(destination.host)
        }
        var generator = SystemRandomNumberGenerator()
        return .hosts(HostList.ordered(usable, options, using: &generator), isFinal: usable.count < found.count)
    }

    /// Looks the hosts up, best first, until there are enough addresses; a worse preference than those would never be tried.
    private func addresses(of records: [MailExchanger]) async -> ([MailHost], DeliveryStatus?) {
        var hosts: [MailHost] = []
        var failure: DeliveryStatus?
        for (index, record) in records.enumerated() {
            let isNewPreference = index == 0 || records[index - 1].preference != record.preference
            if isNewPreference, options.addressLimit > 0, hosts.count >= options.addressLimit { break }
            switch await lookUp(record.host) {
            case .success(let addresses):
                hosts += addresses.map { MailHost(name: record.host, address: $0, preference: record.preference) }
            case .failure(let error):
                // A temporary failure says more than any number of definite ones.
                if failure?.outcome != .deferred { failure = error.status }
            }
        }
        return (hosts, failure)
    }

    private func withoutAddress(_ failure: DeliveryStatus?, _ domain: String) -> DeliveryStatus {
        guard var status = failure else {
            let text = "no MX host for \(domain) has a valid address record"
            return DeliveryStatus(.deferred, EnhancedStatus(.temporary, 4, 4), text)
        }
        if options.defersWithoutAddress, status.outcome == .bounced {
            status.outcome = .deferred
            status.code = status.code.withClass(.temporary)
        }
        return status
    }

    // MARK: Addresses

    private func hostOnly(_ destination: Destination) async -> Found {
        switch await lookUp(destination.host) {
        case .success(let addresses):
            let hosts = addresses.map { MailHost(name: destination.host, address: $0, preference: 0) }
            if destination.port == 25, hosts.contains(where: { options.ownAddresses.contains($0.address) }) {
                return Self.loop(destination.host)
            }
            var generator = SystemRandomNumberGenerator()
            return .hosts(HostList.ordered(hosts, options, using: &generator), isFinal: false)
        case .failure(let error): return .failure(error.status, isFinal: false)
        }
    }

    private struct NoAddress: Error { var status: DeliveryStatus }

    private func lookUp(_ host: String) async -> Result<[IPAddress], NoAddress> {
        if let address = IPAddress(host), options.families.contains(address.family) { return .success([address]) }
        var failure = NoAddress(status: Self.noAddress(host, .a, "Host not found", isTemporary: false))
        if let dns {
            let answer = await dns.addresses(of: host, options.families)
            if case .found(let found) = answer { return .success(found.records) }
            var isTemporary = false
            if case .temporaryFailure = answer { isTemporary = true }
            let type: RecordType = options.families.last == .v6 ? .aaaa : .a
            failure.status = Self.noAddress(host, type, answer.reason, isTemporary: isTemporary)
            // In doubt /etc/hosts is not asked: it could only say that it does not know either.
            if isTemporary { return .failure(failure) }
        }
        if let native {
            let answer = await native.addresses(of: host, options.families)
            if case .found(let found) = answer { return .success(found.records) }
            var (isTemporary, text) = (false, "Name or service not known")
            if case .temporaryFailure(let reason) = answer { (isTemporary, text) = (true, reason) }
            failure.status = DeliveryStatus(
                isTemporary ? .deferred : .bounced,
                EnhancedStatus(isTemporary ? .temporary : .permanent, 4, isTemporary ? 3 : 4),
                "unable to look up host \(host): \(text)")
        }
        return .failure(failure)
    }

    // MARK: Postfix's words

    private static func noAddress(_ name: String, _ type: RecordType, _ reason: String, isTemporary: Bool) -> DeliveryStatus {
        DeliveryStatus(
            isTemporary ? .deferred : .bounced, EnhancedStatus(isTemporary ? .temporary : .permanent, 4, isTemporary ? 3 : 4),
            "Host or domain name not found. Name service error for name=\(name) type=\(type): \(reason)")
    }

    /// A fallback relay would make it worse.
    private static func loop(_ host: String) -> Found {
        .failure(
            DeliveryStatus(.bounced, EnhancedStatus(.permanent, 4, 6), "mail for \(host) loops back to myself"), isFinal: true)
    }
}
