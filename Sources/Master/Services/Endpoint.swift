internal import CPlatform
internal import Configuration
internal import Glibc
internal import Platform

/// Where a service listens.
enum Endpoint: Hashable, CustomStringConvertible {
    /// `address` has 4 or 16 bytes.
    case inet(address: [UInt8], port: UInt16)
    /// Relative to queue_directory.
    case unix(path: String, clients: SocketClients)

    /// The kernel cuts it to net.core.somaxconn.
    private static let backlog: Int32 = 4096

    var description: String {
        switch self {
        case .inet(let address, let port): "\(addressText(address) ?? "?") port \(port)"
        case .unix(let path, _): path
        }
    }

    var isIPv6Wildcard: Bool {
        if case .inet(let address, _) = self { return address == [UInt8](repeating: 0, count: 16) }
        return false
    }

    /// - Returns: a listening socket that does not block.
    /// - Throws: what the kernel said (`bind 127.0.0.1 port 25: Address already in use`).
    func open(accounts: SuiteAccounts?) throws(SystemError) -> Int32 {
        let descriptor =
            switch self {
            case .inet(let address, let port): unsafe martlet_listen_inet(address, address.count, port, Self.backlog)
            case .unix(let path, let clients):
                unsafe martlet_listen_unix(
                    path, clients.mode, accounts?.owner.user ?? uid_t.max,
                    accounts.map { clients.group(in: $0) } ?? gid_t.max, Self.backlog)
            }
        guard descriptor >= 0 else { throw SystemError("bind", description, errno) }
        return descriptor
    }
}

/// Listening sockets that are open, kept over a reload when the new configuration wants the same.
struct ListenerSet {
    private var descriptors: [Endpoint: Int32] = [:]

    subscript(_ endpoint: Endpoint) -> Int32? { descriptors[endpoint] }

    /// Opens those that are missing: all of them or none.
    mutating func open(_ endpoints: [Endpoint], accounts: SuiteAccounts?, isIPv6Needed: Bool) throws(SystemError) {
        var opened: [Endpoint: Int32] = [:]
        for endpoint in endpoints where descriptors[endpoint] == nil && opened[endpoint] == nil {
            do throws(SystemError) {
                opened[endpoint] = try endpoint.open(accounts: accounts)
            } catch {
                // A kernel without IPv6 serves the other family, as Postfix does.
                if endpoint.isIPv6Wildcard, !isIPv6Needed, [EAFNOSUPPORT, EADDRNOTAVAIL].contains(error.code) { continue }
                for descriptor in opened.values { close(descriptor) }
                throw error
            }
        }
        descriptors.merge(opened) { $1 }
    }

    /// Closes what is not among these. Workers that have them go on listening until they end.
    mutating func keepOnly(_ endpoints: Set<Endpoint>) {
        for (endpoint, descriptor) in descriptors where !endpoints.contains(endpoint) {
            close(descriptor)
            descriptors[endpoint] = nil
        }
    }
}
