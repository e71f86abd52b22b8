internal import CPlatform
internal import Configuration
internal import Glibc

/// From the table to the kernel: what Landlock and seccomp are told.
extension RoleRights {
    /// Directories that the C library reads for accounts, hosts, services and time zones, or loads modules from. Whole ones: their
    /// files are replaced by new ones while we run.
    private static let nameServiceDirectories = [
        "/etc", "/usr", "/lib", "/lib64", "/var/lib/sss/mc", "/run/nscd", "/run/systemd/userdb", "/run/systemd/resolve",
    ]
    private static let reading = MARTLET_FILE_READ
    private static let listing = MARTLET_FILE_LIST
    private static let everything =
        MARTLET_FILE_READ | MARTLET_FILE_LIST | MARTLET_FILE_WRITE | MARTLET_FILE_TRUNCATE | MARTLET_FILE_MAKE
        | MARTLET_FILE_REMOVE

    /// System calls by group (``martlet_calls``).
    var calls: UInt32 {
        var groups: UInt32 = 0
        if !files.isEmpty { groups |= MARTLET_CALLS_READ_FILES.rawValue }
        for case .write in files { groups |= MARTLET_CALLS_WRITE_FILES.rawValue }
        if internet != .none { groups |= MARTLET_CALLS_INTERNET.rawValue }
        return groups
    }

    /// Nothing where the kernel has no Landlock.
    func confineFiles(_ startup: Startup) throws(StartupError) {
        let version = martlet_landlock_version()
        guard version > 0 else { return }
        let tcp = version >= 4 ? handledTCP : 0
        let rules = martlet_landlock_begin(version, tcp)
        try demand(rules, "landlock_create_ruleset")
        for (path, rights) in try paths(startup) where unsafe martlet_landlock_allow(rules, version, path, rights) < 0 {
            // Not on every machine, or not for this user: nothing is lost.
            guard [ENOENT, EACCES, ENOTDIR].contains(errno) else { try demand(-1, "landlock_add_rule \(path)"); return }
        }
        if tcp != 0 {
            // A connection may be bound to an address, with a port of the kernel's choice.
            if internet != .none { try demand(martlet_landlock_allow_port(rules, MARTLET_TCP_BIND, 0), "landlock_add_rule") }
            if internet == .nameServers {
                for port in Self.nameServerPorts(try startup.value(of: BaseParameters.resolverConfiguration)) {
                    try demand(martlet_landlock_allow_port(rules, MARTLET_TCP_CONNECT, port), "landlock_add_rule")
                }
            }
        }
        try demand(martlet_landlock_enforce(rules), "landlock_restrict_self")
    }

    private var handledTCP: UInt64 {
        internet == .everywhere ? MARTLET_TCP_BIND : MARTLET_TCP_BIND | MARTLET_TCP_CONNECT
    }

    /// Relative to queue_directory, which is the process's.
    private func paths(_ startup: Startup) throws(StartupError) -> [(String, UInt64)] {
        var paths: [(String, UInt64)] = []
        for entry in files {
            switch entry {
            case .read(let path): paths.append((path, Self.reading))
            case .list(let path): paths.append((path, Self.listing))
            case .write(let path): paths.append((path, Self.everything))
            case .nameService:
                let servers = try startup.value(of: BaseParameters.resolverConfiguration)
                let directories = Self.nameServiceDirectories + [Self.resolverFile(servers)]
                paths += directories.map { ($0, Self.reading | Self.listing) }
                paths += [("/dev/null", Self.reading | MARTLET_FILE_WRITE), ("/dev/urandom", Self.reading)]
            }
        }
        return paths
    }

    /// The name servers' file. The system's is mostly a link to one that a network manager replaces, in a directory of its own.
    private static func resolverFile(_ setting: String) -> String {
        if setting.hasPrefix("/") { return setting }
        guard let target = unsafe realpath("/etc/resolv.conf", nil) else { return "/etc" }
        defer { unsafe free(target) }
        let file = unsafe String(cString: target)
        let directory = "/" + file.split(separator: "/").dropLast().joined(separator: "/")
        return ["/", "/run", "/var/run", "/tmp"].contains(directory) ? file : directory
    }

    /// 53, and those of `address@port` in martlet_resolver_config.
    static func nameServerPorts(_ resolver: String) -> Set<UInt16> {
        var ports: Set<UInt16> = [53]
        for word in resolver.split(whereSeparator: { $0 == " " || $0 == "," || $0 == "\t" }) {
            if let at = word.firstIndex(of: "@"), let port = UInt16(word[word.index(after: at)...]) { ports.insert(port) }
        }
        return ports
    }
}
