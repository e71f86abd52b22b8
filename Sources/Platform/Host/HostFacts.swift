internal import Glibc

/// An address of a network interface of this machine.
package struct InterfaceAddress: Equatable, Sendable {
    /// 4 or 16 bytes in network order.
    package var bytes: [UInt8]
    package var prefixLength: Int

    package init(bytes: [UInt8], prefixLength: Int) {
        self.bytes = bytes
        self.prefixLength = prefixLength
    }
}

/// The seam to what this machine is called and which addresses it has. Read at start-up only: names may block.
package protocol HostFacts: Sendable {
    /// As the kernel knows it; often without a domain.
    var hostName: String { get }
    /// Addresses of all interfaces, without repetitions; empty when they cannot be read.
    func interfaceAddresses() -> [InterfaceAddress]
    /// Addresses of a host by the C library (/etc/hosts, DNS), 4 or 16 bytes each; empty when it has none.
    func addresses(ofHost name: String) -> [[UInt8]]
}

/// This machine.
package struct SystemHost: HostFacts {
    package init() {}

    package var hostName: String {
        var buffer = [UInt8](repeating: 0, count: 256)
        let result = unsafe buffer.withUnsafeMutableBytes { bytes in
            guard let start = bytes.baseAddress else { return Int32(-1) }
            return unsafe gethostname(start.assumingMemoryBound(to: CChar.self), bytes.count - 1)
        }
        guard result == 0 else { return "localhost" }
        return String(decoding: buffer.prefix { $0 != 0 }, as: UTF8.self)
    }

    package func interfaceAddresses() -> [InterfaceAddress] {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard unsafe getifaddrs(&list) == 0 else { return [] }
        defer { unsafe freeifaddrs(list) }
        var found: [InterfaceAddress] = []
        var next = unsafe list
        while let entry = unsafe next {
            unsafe next = entry.pointee.ifa_next
            guard unsafe entry.pointee.ifa_flags & UInt32(IFF_UP) != 0,
                let bytes = unsafe Self.addressBytes(entry.pointee.ifa_addr)
            else { continue }
            let mask = unsafe Self.addressBytes(entry.pointee.ifa_netmask) ?? [UInt8](repeating: 255, count: bytes.count)
            let address = InterfaceAddress(bytes: bytes, prefixLength: mask.reduce(0) { $0 + $1.nonzeroBitCount })
            if !found.contains(where: { $0.bytes == bytes }) { found.append(address) }
        }
        return found
    }

    package func addresses(ofHost name: String) -> [[UInt8]] {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard unsafe getaddrinfo(name, nil, &hints, &list) == 0 else { return [] }
        defer { unsafe freeaddrinfo(list) }
        var found: [[UInt8]] = []
        var next = unsafe list
        while let entry = unsafe next {
            unsafe next = entry.pointee.ai_next
            if let bytes = unsafe Self.addressBytes(entry.pointee.ai_addr), !found.contains(bytes) { found.append(bytes) }
        }
        return found
    }

    private static func addressBytes(_ address: UnsafeMutablePointer<sockaddr>?) -> [UInt8]? {
        guard let address = unsafe address else { return nil }
        switch unsafe Int32(address.pointee.sa_family) {
        case AF_INET:
            return unsafe address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { inet in
                unsafe withUnsafeBytes(of: inet.pointee.sin_addr) { unsafe Array($0) }
            }
        case AF_INET6:
            return unsafe address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { inet in
                unsafe withUnsafeBytes(of: inet.pointee.sin6_addr) { unsafe Array($0) }
            }
        default: return nil
        }
    }
}
