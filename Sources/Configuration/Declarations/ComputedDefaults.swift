internal import Platform

extension Configuration {
    /// Defaults that are found out on this machine.
    func computedText(_ name: String) -> String? {
        switch name {
        case "config_directory": directory
        case "myhostname": defaultHostName
        case "mydomain": defaultDomain
        case "mynetworks": (try? OwnNetworks(self).text) ?? "127.0.0.0/8 [::1]/128"
        default: nil
        }
    }

    /// The kernel's name; never asked of DNS, so that no program hangs at its start when there is none.
    private var defaultHostName: String {
        let name = host.hostName
        return name.contains(".") ? name : name + ".$mydomain"
    }

    /// What is behind the first dot of myhostname, or of the kernel's name where myhostname needs mydomain itself.
    private var defaultDomain: String {
        let name = settings["myhostname"].flatMap { try? expand($0.text, for: "mydomain") } ?? host.hostName
        guard let dot = name.firstIndex(of: ".") else { return "localdomain" }
        let domain = name[name.index(after: dot)...]
        return domain.isEmpty ? "localdomain" : String(domain)
    }

    /// A value that is no text of its own: `myorigin = /etc/mailname` means the first line of that file (as in Debian).
    func finish(_ name: String, _ text: String) throws(ConfigurationError) -> String {
        guard name == "myorigin", text.hasPrefix("/") else { return text }
        let bytes: [UInt8]
        do {
            bytes = try WholeFile.read(text, limit: 64 << 10)
        } catch {
            throw ConfigurationError("the first line of \(text) cannot be read: \(errorText(error.code))")
        }
        let line = String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self).trimmed
        guard !line.isEmpty else { throw ConfigurationError("the first line of \(text) is empty") }
        return String(line)
    }
}
