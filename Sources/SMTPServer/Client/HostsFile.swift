internal import Mail
internal import Platform

/// The names of addresses in /etc/hosts, read at start-up: `localhost` is known without asking anybody.
struct HostsFile: Sendable {
    private let names: [IPAddress: String]

    /// *Failure:* a file that cannot be read has no names.
    static func load(_ path: String = "/etc/hosts") -> HostsFile {
        let bytes = (try? WholeFile.read(path, limit: 1 << 20)) ?? []
        return HostsFile(String(decoding: bytes, as: UTF8.self))
    }

    /// The first name of each address, as the C library takes it.
    init(_ text: String) {
        var names: [IPAddress: String] = [:]
        for line in text.split(separator: "\n") {
            let words = line.prefix { $0 != "#" }.split { $0 == " " || $0 == "\t" || $0 == "\r" }
            guard words.count > 1, let address = IPAddress(String(words[0])), names[address] == nil else { continue }
            names[address] = String(words[1])
        }
        self.names = names
    }

    func name(of address: IPAddress) -> String? { names[address] }
}
