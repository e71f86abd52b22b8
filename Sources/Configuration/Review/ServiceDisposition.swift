/// What becomes of a service of master.cf.
package enum ServiceDisposition: Equatable, Sendable {
    /// master runs its program.
    case run
    /// Martlet does inside what this service is for in Postfix: the line needs nothing, and what it changes has no effect.
    case builtIn
    /// Martlet has no such program; what the line is for will not happen.
    case absent(String)
    /// The same, and mail would go unprotected: the start is refused.
    case refused(String)

    package init(_ service: ServiceEntry) {
        switch service.program {
        case "trivial-rewrite", "flush", "scache", "tlsmgr", "proxymap", "postlogd", "anvil", "verify", "nbdb_reindexd":
            self = .builtIn
        case "tlsproxy", "dnsblog":
            // They serve postscreen, which stops the start where it is in use.
            self = .builtIn
        case "bounce": self = service.name == "bounce" ? .run : .builtIn
        case "postscreen": self = .refused("clients would not be screened")
        case "smtpd" where service.kind == .pass: self = .refused("it takes clients from postscreen, which there is not")
        case "qmqpd": self = .absent("no mail is received by QMQP")
        case "virtual", "pipe", "lmtp", "spawn":
            self = Self.later[service.program].map { .absent($0) } ?? .run
        default: self = .run
        }
    }

    /// Programs that Postfix has for delivery, and Martlet not yet.
    private static let later = [
        "virtual": "mail for this transport stays in the queue",
        "pipe": "mail for this transport stays in the queue",
        "lmtp": "mail for this transport stays in the queue",
        "spawn": "the command is not run",
    ]

    /// What the administrator should know; nil: nothing.
    func finding(_ service: ServiceEntry) -> Finding? {
        let name = "service \(service.name) \(service.kind.rawValue)"
        switch self {
        case .run: return nil
        case .builtIn:
            guard !service.overrides.isEmpty else { return nil }
            let names = service.overrides.map(\.name).joined(separator: ", ")
            return Finding(
                .warns, "\(name): \(service.program) is built in: -o \(names) has no effect", file: service.file,
                line: service.line)
        case .absent(let sentence):
            // The stock lines of Postfix's own master.cf that nothing uses.
            if service.isStockDelivery { return nil }
            return Finding(
                .warns, "\(name): there is no program \(service.program): \(sentence)", file: service.file, line: service.line)
        case .refused(let sentence):
            return Finding(
                .stops, "\(name): there is no program \(service.program): \(sentence); remove the line to start without",
                file: service.file, line: service.line)
        }
    }
}

extension ServiceEntry {
    /// As Postfix ships it: there whether or not mail is ever sent that way.
    fileprivate var isStockDelivery: Bool {
        let stockNames: Set = [
            "virtual", "lmtp", "maildrop", "uucp", "ifmail", "bsmtp", "scalemail-backend", "mailman", "cyrus", "old-cyrus",
        ]
        return overrides.isEmpty && stockNames.contains(name)
    }
}
