package import Configuration

/// What `newaliases` does: makes every table of alias_database from its text.
package enum AliasDatabase {
    /// What became of one table.
    package struct Outcome: Equatable, Sendable {
        /// The text file.
        package var path: String
        /// Entries of the new table.
        package var entries: Int
    }

    /// Tables of types that are not made from a text (`nis:`, `ldap:`, …) are left alone, and `warn` is told.
    ///
    /// - Throws: at the first table that cannot be made; it and those behind it are as they were.
    package static func rebuild(
        _ configuration: Configuration, warn: LookupTables.Warn = { _ in }
    ) throws(ConfigurationError) -> [Outcome] {
        let standard = try configuration.value(of: BaseParameters.defaultDatabaseType)
        var outcomes: [Outcome] = []
        for word in try configuration.value(of: BaseParameters.aliasDatabase).words {
            let path: String
            do throws(ConfigurationError) {
                path = try DatabaseFile.path(word, defaultType: standard)
            } catch {
                warn("alias_database: \(error.message)")
                continue
            }
            outcomes.append(Outcome(path: path, entries: try DatabaseFile.make(from: path, form: .aliases, warn: warn)))
        }
        return outcomes
    }
}
