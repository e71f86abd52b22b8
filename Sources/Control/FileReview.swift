internal import Configuration
internal import Glibc
internal import Platform

/// The files that main.cf and master.cf name, and those two themselves: missing, older than their text, or writable by others.
struct FileReview {
    private let configuration: Configuration
    private let services: MasterFile

    init(_ configuration: Configuration, _ services: MasterFile) {
        self.configuration = configuration
        self.services = services
    }

    private static let databases: Set = ["hash", "btree", "lmdb", "dbm", "cdb"]
    private static let texts: Set = ["texthash", "regexp", "pcre", "cidr"]
    /// Parameters whose value is a file that must be there.
    private static let files: Set = [
        "smtpd_tls_cert_file", "smtpd_tls_key_file", "smtpd_tls_chain_files", "smtpd_tls_CAfile", "smtpd_tls_dh1024_param_file",
        "smtp_tls_cert_file", "smtp_tls_key_file", "smtp_tls_CAfile", "smtpd_tls_CApath", "smtp_tls_CApath",
        "bounce_template_file",
    ]

    func findings() -> [Finding] {
        var findings = ["/main.cf", "/master.cf"].compactMap { owner(configuration.directory + $0) }
        let overrides = services.services.flatMap { service in
            service.overrides.map {
                ($0.name, Configuration.Setting($0.value, file: service.file, line: service.line))
            }
        }
        let settings = configuration.settings.map { ($0.key, $0.value) } + overrides
        var seen: Set<String> = []
        for (name, setting) in settings.sorted(by: { ($0.1.file ?? "", $0.1.line ?? 0) < ($1.1.file ?? "", $1.1.line ?? 0) }) {
            guard let text = try? configuration.expand(setting.text, for: name) else { continue }
            for word in WordList.parse(text)?.words ?? [] {
                guard seen.insert(word).inserted, let message = problem(word, in: name) else { continue }
                findings.append(Finding(.warns, "\(name): \(message)", file: setting.file, line: setting.line))
            }
        }
        return findings
    }

    private func problem(_ word: String, in name: String) -> String? {
        if word.hasPrefix("/"), Self.files.contains(name) { return missing(word) }
        var parts = word.split(separator: ":", maxSplits: 1).map(String.init)
        while parts.count == 2, parts[0] == "proxy" || parts[0].hasPrefix("!") {
            parts = parts[1].split(separator: ":", maxSplits: 1).map(String.init)
        }
        guard parts.count == 2, parts[1].hasPrefix("/") else { return nil }
        if Self.texts.contains(parts[0]) { return missing(parts[1]) }
        return Self.databases.contains(parts[0]) ? table(parts[1], name) : nil
    }

    private func missing(_ path: String) -> String? {
        guard unsafe access(path, F_OK) != 0 else { return nil }
        return "\(path): \(errorText(errno))"
    }

    /// A table is made from its text, and must be made again when that has changed.
    private func table(_ path: String, _ name: String) -> String? {
        let command = name.hasPrefix("alias_") ? "newaliases" : "postmap \(path)"
        let made = path + ".lmdb"
        guard let tableTime = Self.changed(made) else {
            return Self.changed(path) == nil ? "neither \(path) nor \(made) is there" : "\(made) is not there: run \(command)"
        }
        guard let textTime = Self.changed(path), textTime > tableTime + 1 else { return nil }
        return "\(path) has changed since \(made) was made: run \(command)"
    }

    private static func changed(_ path: String) -> Int? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        return status.st_mtim.tv_sec
    }

    private func owner(_ path: String) -> Finding? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        if status.st_uid != 0, status.st_uid != geteuid() {
            return Finding(.warns, "not owned by root: run chown root \(path)", file: path)
        }
        guard status.st_mode & 0o022 != 0 else { return nil }
        return Finding(.warns, "group or other writable: run chmod go-w \(path)", file: path)
    }
}
