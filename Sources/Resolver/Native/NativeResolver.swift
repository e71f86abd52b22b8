internal import Glibc
package import Mail
internal import NIOPosix

/// Host names by the C library: /etc/hosts, and what else nsswitch.conf names (`smtp_host_lookup = native`).
///
/// It blocks, so it runs on threads of its own, which start with the first question.
/// *Failure:* as ``UnboundResolver``: what is not definite is temporary.
package final class NativeResolver: NameService {
    private static let threads: NIOThreadPool = {
        let threads = NIOThreadPool(numberOfThreads: 2)
        threads.start()
        return threads
    }()

    package init() {}

    /// Addresses and their names only; everything else has no data here.
    package func query(_ name: String, _ type: RecordType) async -> Lookup<[UInt8]> {
        switch type {
        case .a: await run { Self.addresses(name, AF_INET) }
        case .aaaa: await run { Self.addresses(name, AF_INET6) }
        case .cname, .ptr, .mx, .txt, .tlsa: .noData
        }
    }

    /// The name of an address by the C library.
    package func name(of address: IPAddress) async -> Lookup<String> { await run { Self.reverse(address) } }

    private func run<Record>(_ body: @escaping @Sendable () -> Lookup<Record>) async -> Lookup<Record> {
        await withCheckedContinuation { continuation in
            Self.threads.submit { state in
                continuation.resume(returning: state == .active ? body() : .temporaryFailure("the process ends"))
            }
        }
    }

    private static func addresses(_ name: String, _ family: Int32) -> Lookup<[UInt8]> {
        var hints = unsafe addrinfo()
        unsafe hints.ai_family = family
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = unsafe getaddrinfo(name, nil, &hints, &list)
        guard code == 0 else { return failure(code) }
        defer { unsafe freeaddrinfo(list) }
        var records: [[UInt8]] = []
        var next = unsafe list
        while let entry = unsafe next {
            if let bytes = unsafe bytes(entry.pointee.ai_addr) { records.append(bytes) }
            unsafe next = entry.pointee.ai_next
        }
        return records.isEmpty ? .noData : .found(Answer(records))
    }

    private static func bytes(_ address: UnsafeMutablePointer<sockaddr>?) -> [UInt8]? {
        guard let address = unsafe address else { return nil }
        switch Int32(unsafe address.pointee.sa_family) {
        case AF_INET:
            return unsafe address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                unsafe withUnsafeBytes(of: $0.pointee.sin_addr) { unsafe Array($0) }
            }
        case AF_INET6:
            return unsafe address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
                unsafe withUnsafeBytes(of: $0.pointee.sin6_addr) { unsafe Array($0) }
            }
        default: return nil
        }
    }

    private static func reverse(_ address: IPAddress) -> Lookup<String> {
        var name = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        var storage = sockaddr_storage()
        let bytes = address.bytes
        let length = unsafe withUnsafeMutableBytes(of: &storage) { storage -> Int in
            let isV4 = !address.isIPv6
            unsafe storage.storeBytes(of: sa_family_t(isV4 ? AF_INET : AF_INET6), as: sa_family_t.self)
            // sin_addr is at offset 4, sin6_addr at 8, behind port and flow label.
            unsafe UnsafeMutableRawBufferPointer(rebasing: storage[(isV4 ? 4 : 8)...]).copyBytes(from: bytes)
            return isV4 ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size
        }
        let code = unsafe withUnsafePointer(to: &storage) { storage in
            unsafe storage.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe getnameinfo($0, socklen_t(length), &name, socklen_t(name.count), nil, 0, NI_NAMEREQD)
            }
        }
        guard code == 0 else { return failure(code) }
        let text = name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        guard text.allSatisfy({ DomainName.isSafe($0) || $0 == UInt8(ascii: ".") }) else {
            return .temporaryFailure("malformed name of \(address)")
        }
        return .found(Answer([String(decoding: text, as: UTF8.self)]))
    }

    private static func failure<Record>(_ code: Int32) -> Lookup<Record> {
        switch code {
        case EAI_NONAME: .noSuchDomain
        case -5: .noData  // EAI_NODATA, which <netdb.h> shows to GNU sources only.
        default: unsafe .temporaryFailure(String(cString: gai_strerror(code)))
        }
    }
}
