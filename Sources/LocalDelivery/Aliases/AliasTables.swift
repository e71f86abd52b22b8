internal import Configuration
internal import Glibc
internal import LookupTables
internal import Mail
internal import Platform

/// alias_maps: what a local name stands for, and whose rights its commands and files get.
struct AliasTables: Sendable {
    /// Who owns an alias table, and thus what is done in its name.
    enum Owner: Equatable, Sendable {
        /// Root (or, without root, the process's own user): default_privs.
        case trusted
        case user(UInt32)
        case unknown
    }

    struct Alias: Equatable, Sendable {
        var table: String
        var text: String
        var owner: Owner
    }

    private let tables: [(table: any LookupTable, owner: Owner)]

    init(_ tables: [(table: any LookupTable, owner: Owner)]) { self.tables = tables }

    static func open(
        _ configuration: Configuration, _ identity: ProcessIdentity, warn: (String) -> Void
    ) throws(ConfigurationError) -> AliasTables {
        let list = try TableList.open(BaseParameters.aliasMaps, in: configuration, warn: warn)
        return AliasTables(list.tables.map { ($0, owner(of: $0.name, identity)) })
    }

    /// The first table that knows the name, quoted as an address would be, then without quotes.
    func lookup(_ name: String) throws(LookupError) -> Alias? {
        let quoted = EmailAddress(localPart: name, domain: "").externalForm
        for (table, owner) in tables {
            if let text = try table.lookup(quoted) { return Alias(table: table.name, text: text, owner: owner) }
            if quoted != name, let text = try table.lookup(name) {
                return Alias(table: table.name, text: text, owner: owner)
            }
        }
        return nil
    }

    /// The owner of the table's file. Tables without one (`inline:`, `static:`) are main.cf's, which is root's.
    private static func owner(of table: String, _ identity: ProcessIdentity) -> Owner {
        guard let colon = table.firstIndex(of: ":"), table[table.index(after: colon)...].hasPrefix("/") else { return .trusted }
        let path = String(table[table.index(after: colon)...])
        for suffix in [".lmdb", ".db", ""] {
            var status = stat()
            guard unsafe stat(path + suffix, &status) == 0 else { continue }
            let isTrusted = status.st_uid == 0 || !identity.isRoot && status.st_uid == identity.user
            return isTrusted ? .trusted : .user(status.st_uid)
        }
        return .unknown
    }
}
