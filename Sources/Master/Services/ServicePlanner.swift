internal import CPlatform
internal import Configuration
internal import Platform

/// Turns the lines of master.cf into ``ServicePlan``s.
struct ServicePlanner {
    private let settings: InstanceSettings
    private let host: any HostFacts
    private let cores: Int

    init(_ settings: InstanceSettings, host: any HostFacts = SystemHost(), cores: Int) {
        self.settings = settings
        self.host = host
        self.cores = cores
    }

    /// - Throws: with the line of master.cf.
    func plan(_ entry: ServiceEntry) throws(MasterFailure) -> ServicePlan {
        do throws(ConfigurationError) {
            let limit = sessionLimit(entry)
            return ServicePlan(
                key: .init(name: entry.name, kind: entry.kind.rawValue), path: settings.daemonDirectory + "/" + entry.program,
                arguments: arguments(entry), endpoints: try endpoints(entry), isPersistent: entry.program == "qmgr",
                isWokenAtStart: entry.wakeup != nil, sessionLimit: limit,
                workerShare: WorkerShare.of(limit: limit, cores: cores, isNetwork: entry.kind == .inet),
                stopStage: StopStage(program: entry.program))
        } catch {
            throw MasterFailure(ConfigurationError(error.message, file: entry.file, line: entry.line).description)
        }
    }

    private func sessionLimit(_ entry: ServiceEntry) -> Int? {
        switch entry.processLimit {
        case .standard: settings.processLimit
        case .none: nil
        case .limit(let limit): limit
        }
    }

    private func arguments(_ entry: ServiceEntry) -> [String] {
        var words = ["-n", entry.name, "-t", entry.kind == .inet ? "inet" : "unix", "-c", settings.directory]
        for override in entry.overrides { words += ["-o", "\(override.name)=\(override.value)"] }
        for _ in 0..<entry.verbosity { words.append("-v") }
        if !entry.arguments.isEmpty { words += ["--"] + entry.arguments }
        return words
    }

    private func endpoints(_ entry: ServiceEntry) throws(ConfigurationError) -> [Endpoint] {
        switch entry.kind {
        case .inet: return try inetEndpoints(entry)
        case .unix, .fifo: return [unixEndpoint(entry)]
        case .pass, .unixDatagram:
            throw ConfigurationError("services of type \(entry.kind.rawValue) are not implemented: remove the line")
        }
    }

    private func unixEndpoint(_ entry: ServiceEntry) -> Endpoint {
        .unix(
            path: (entry.isPrivate ? "private/" : "public/") + entry.name,
            clients: SocketClients(program: entry.program, isPrivate: entry.isPrivate))
    }

    private func inetEndpoints(_ entry: ServiceEntry) throws(ConfigurationError) -> [Endpoint] {
        let (name, portName) = entry.endpoint
        let port = try portNumber(portName)
        let protocols = try settings.configuration.value(of: BaseParameters.inetProtocols)
        let addresses: [[UInt8]]
        if let name {
            addresses = addressBytes(name).map { [$0] } ?? host.addresses(ofHost: name)
        } else if try settings.configuration.value(of: BaseParameters.inetInterfaces).words == ["all"] {
            addresses = [[UInt8](repeating: 0, count: 4), [UInt8](repeating: 0, count: 16)]
        } else {
            addresses = try settings.configuration.ownInterfaceAddresses().map(\.bytes)
        }
        let usable = addresses.filter { protocols.allows(byteCount: $0.count) }
        guard !usable.isEmpty else {
            throw ConfigurationError("service \(entry.name): \(name ?? "inet_interfaces") has no address in inet_protocols")
        }
        return usable.map { .inet(address: $0, port: port) }
    }

    private func portNumber(_ name: String) throws(ConfigurationError) -> UInt16 {
        if let number = UInt16(name), number > 0 { return number }
        let known = unsafe martlet_service_port(name)
        if known > 0 { return known }
        // Small containers have no /etc/services.
        guard let port = ["smtp": 25, "submission": 587, "submissions": 465, "smtps": 465, "lmtp": 24][name] else {
            throw ConfigurationError("\"\(name)\" is neither a port number nor a service of /etc/services")
        }
        return UInt16(port)
    }
}
