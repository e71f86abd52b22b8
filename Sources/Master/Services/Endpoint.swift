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

extension Endpoint {
    /// For the service manager's store: printable, without colons.
    var storeName: String {
        switch self {
        case .inet(let address, let port):
            "inet-" + address.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() + "-\(port)"
        case .unix(let path, _): "unix-" + String(path.map { $0 == ":" || !$0.isASCII ? "_" : $0 })
        }
    }

    /// Whether clients of this endpoint reach the open socket. One of a UNIX path must still be what has the path.
    func isServed(by descriptor: Int32) -> Bool {
        switch (self, Endpoint(listening: descriptor)) {
        case (.inet, let other?): return self == other
        case (.unix(let path, let clients), .unix(let bound, _)?):
            var status = stat()
            return unsafe path == bound && lstat(path, &status) == 0 && status.st_mode & 0o777 == clients.mode
                && martlet_is_socket_of(descriptor, path) == 1
        default: return false
        }
    }

    /// Where a socket listens, as it was bound (a UNIX path; not for whom); nil when it does not.
    init?(listening descriptor: Int32) {
        var open = martlet_endpoint()
        guard unsafe martlet_listening_socket(descriptor, &open) == 1 else { return nil }
        if open.address_length > 0 {
            let address = unsafe withUnsafeBytes(of: open.address) { unsafe Array($0.prefix(Int(open.address_length))) }
            self = .inet(address: address, port: open.port)
        } else {
            let path = unsafe withUnsafeBytes(of: open.path) { unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            self = .unix(path: path, clients: .owner)
        }
    }
}

/// Listening sockets that are open, kept over a reload when the new configuration wants the same.
struct ListenerSet {
    private(set) var descriptors: [Endpoint: Int32] = [:]
    /// From an earlier master (the service manager kept them), until somebody wants them.
    private var inherited: [Int32] = []

    subscript(_ endpoint: Endpoint) -> Int32? { descriptors[endpoint] }

    /// Sockets that an earlier master left, whose endpoints are not known.
    mutating func inherit(_ descriptors: [Int32]) { inherited += descriptors }

    /// An open socket and its endpoint, as the master before this one in the same process has it.
    mutating func adopt(_ endpoint: Endpoint, _ descriptor: Int32) { descriptors[endpoint] = descriptor }

    /// Closes what nobody wanted; their names in the service manager's store.
    mutating func closeInherited() -> [String] {
        let names = inherited.compactMap { Endpoint(listening: $0)?.storeName }
        for descriptor in inherited { close(descriptor) }
        inherited = []
        return names
    }

    /// Opens those that are missing: all of them or none.
    mutating func open(_ endpoints: [Endpoint], accounts: SuiteAccounts?, isIPv6Needed: Bool) throws(SystemError) {
        var opened: [Endpoint: Int32] = [:]
        for endpoint in endpoints where descriptors[endpoint] == nil && opened[endpoint] == nil {
            if let index = inherited.firstIndex(where: { endpoint.isServed(by: $0) }) {
                descriptors[endpoint] = inherited.remove(at: index)
                continue
            }
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
