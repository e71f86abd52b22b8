import Glibc
import Platform

@testable import Configuration

/// A machine whose name and addresses are those of the test.
struct FakeHost: HostFacts {
    var hostName = "mx.example.com"
    var interfaces = [
        InterfaceAddress(bytes: [127, 0, 0, 1], prefixLength: 8), InterfaceAddress(bytes: [192, 0, 2, 10], prefixLength: 24),
        InterfaceAddress(bytes: [UInt8](repeating: 0, count: 15) + [1], prefixLength: 128),
    ]
    func interfaceAddresses() -> [InterfaceAddress] { interfaces }
    func addresses(ofHost name: String) -> [[UInt8]] { name == "localhost" ? [[127, 0, 0, 1]] : [] }
}

extension Configuration {
    /// As if main.cf were this text.
    static func reading(_ text: String, host: FakeHost = FakeHost()) throws(ConfigurationError) -> Configuration {
        Configuration(directory: "/conf", settings: try MainFile.parse(Array(text.utf8), file: "main.cf"), host: host)
    }
}

/// A directory that goes away with the test.
final class TemporaryDirectory {
    let path: String

    init() {
        path = "/tmp/martlet-test-\(getpid())-\(SystemEntropy().next())"
        try? POSIXFileSystem().makeDirectory(path, permissions: 0o700)
    }

    deinit {
        for name in (try? POSIXFileSystem().list(path)) ?? [] { try? POSIXFileSystem().unlink(path + "/" + name) }
        _ = unsafe rmdir(path)
    }

    @discardableResult
    func write(_ name: String, _ text: String) throws -> String {
        let file = try POSIXFileSystem().open(path + "/" + name, .createOrOpen(permissions: 0o644))
        defer { file.close() }
        try file.write(Array(text.utf8), at: 0)
        return path + "/" + name
    }
}

/// Debian's Postfix, where it is installed.
enum Postfix {
    static let postconf = "/usr/sbin/postconf"
    static var isInstalled: Bool { unsafe access(postconf, X_OK) == 0 }
}
