package import Configuration

/// Opens tables by their name in main.cf, `type:name`.
///
/// *Failure:* a type that Martlet does not have, and a syntax error in a table that is read at start-up, throw. A table that
/// cannot be opened (no such file, damaged) is opened all the same, as in Postfix: each lookup in it throws ``LookupError``,
/// so that mail is deferred and not bounced; `warn` is told why.
package enum LookupTables {
    package typealias Warn = (String) -> Void

    /// - Parameter defaultType: for a name without `type:`, which only some parameters allow.
    package static func open(
        _ specification: String, defaultType: String? = nil, warn: Warn = { _ in }
    ) throws(ConfigurationError) -> any LookupTable {
        let (type, name) = try split(specification, defaultType: defaultType)
        let table: any LookupTable
        switch type {
        case "proxy": return try open(name, warn: warn)
        case "hash", "btree", "lmdb", "dbm", "cdb": table = try DatabaseTable.open(type: type, path: name, warn: warn)
        case "texthash": table = try TextTable.open(type: type, path: name, warn: warn)
        case "inline": table = try TextTable.inline(name)
        case "static": table = StaticTable(value: try StaticTable.value(name), name: specification)
        case "fail": table = UnavailableTable(name: specification, reason: "it fails on purpose")
        case "regexp": table = try PatternTable.open(path: name, warn: warn)
        case "cidr": table = try NetworkTable.open(path: name, warn: warn)
        case "unix": table = try AccountTable(name: name)
        default: throw ConfigurationError("\(specification): \(TableTypes.refusal(type))")
        }
        return table
    }

    static func split(_ text: String, defaultType: String?) throws(ConfigurationError) -> (type: String, name: String) {
        if let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")), !text.hasPrefix("/") {
            let name = String(text[text.utf8.index(after: colon)...])
            guard !name.isEmpty else { throw ConfigurationError("\(text): there is no name behind the table's type") }
            return (String(text[..<colon]), name)
        }
        guard let defaultType else {
            throw ConfigurationError("\(text): write a table as type:name, for example hash:/etc/martlet/\(text)")
        }
        return (defaultType, text)
    }
}

/// What is known of table types that Martlet does not have.
package enum TableTypes {
    package static let supported = [
        "hash", "btree", "lmdb", "texthash", "inline", "static", "regexp", "cidr", "unix", "proxy", "fail",
    ]
    private static let postfix: Set<String> = [
        "debug", "environ", "internal", "ldap", "memcache", "mongodb", "mysql", "netinfo", "nis", "nisplus", "pcre", "pgsql",
        "pipemap", "randmap", "sdbm", "socketmap", "sqlite", "tcp", "unionmap", "virtual",
    ]

    static func refusal(_ type: String) -> String {
        let known = postfix.contains(type) ? "Martlet has no tables of type \(type) yet" : "\(type) is no table type"
        return known + "; it has " + supported.joined(separator: ", ")
    }
}

/// A table that could not be opened: every lookup is a temporary failure.
package final class UnavailableTable: LookupTable {
    package let name: String
    package let hasFixedKeys = true
    package let reason: String

    package init(name: String, reason: String) {
        self.name = name
        self.reason = reason
    }

    package func lookup(_ key: String) throws(LookupError) -> String? { throw LookupError(table: name, message: reason) }
}

extension TableList {
    /// Opens the tables of a parameter's value.
    ///
    /// - Throws: as ``LookupTables/open(_:defaultType:warn:)``; the message names `parameter`.
    package static func open(
        _ parameter: Parameter<WordList>, in configuration: Configuration, warn: LookupTables.Warn = { _ in }
    ) throws(ConfigurationError) -> TableList {
        let words = try configuration.value(of: parameter).words
        var tables: [any LookupTable] = []
        for word in words {
            do throws(ConfigurationError) {
                tables.append(try LookupTables.open(word, warn: warn))
            } catch {
                let setting = configuration.settings[parameter.name]
                throw ConfigurationError("\(parameter.name): \(error.message)", file: setting?.file, line: setting?.line)
            }
        }
        return TableList(tables)
    }
}
