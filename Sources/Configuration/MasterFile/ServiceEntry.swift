/// A service: one logical line of master.cf.
package struct ServiceEntry: Equatable, Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        /// Listens on TCP: `name` is `port`, `host:port` or `[address]:port`.
        case inet
        case unix
        case fifo
        /// A UNIX socket over which postscreen hands connections.
        case pass
        case unixDatagram = "unix-dgram"
    }

    package struct Wakeup: Equatable, Sendable {
        package var seconds: Int
        /// `60?`: only when the service has been used.
        package var onlyIfUsed: Bool
        package init(seconds: Int, onlyIfUsed: Bool) {
            self.seconds = seconds
            self.onlyIfUsed = onlyIfUsed
        }
    }

    package enum ProcessLimit: Equatable, Sendable {
        /// `-`: default_process_limit
        case standard
        /// 0
        case none
        case limit(Int)
    }

    package struct Override: Equatable, Sendable {
        package var name: String
        package var value: String
        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    package var name: String
    package var kind: Kind
    /// The socket is in private/, for programs of the suite only.
    package var isPrivate = true
    package var isUnprivileged = true
    /// nil is `-`: yes when compatibility_level is below 1.
    package var chroot: Bool?
    package var wakeup: Wakeup?
    package var processLimit: ProcessLimit = .standard
    /// The program's name in daemon_directory.
    package var program: String
    /// `-o name=value`, in order.
    package var overrides: [Override] = []
    /// How many `-v` there are.
    package var verbosity = 0
    /// Everything else behind the program's name (`flags=DRhu`, `user=vmail`, `argv=…`), `{ }` groups without their braces.
    package var arguments: [String] = []
    package var file: String?
    package var line: Int?

    package init(name: String, kind: Kind, program: String) {
        self.name = name
        self.kind = kind
        self.program = program
    }

    /// `127.0.0.1:2525` → (`127.0.0.1`, `2525`), `[::1]:smtp` → (`::1`, `smtp`), `smtp` → (nil, `smtp`).
    package var endpoint: (host: String?, port: String) {
        guard let colon = name.lastIndex(of: ":") else { return (nil, name) }
        var host = name[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        return (host.isEmpty ? nil : String(host), String(name[name.index(after: colon)...]))
    }
}
