/// The tables of a parameter such as virtual_alias_maps, asked in order: the first that has the key answers.
package struct TableList: Sendable {
    package let tables: [any LookupTable]

    package init(_ tables: [any LookupTable]) { self.tables = tables }

    package static let none = TableList([])

    package var isEmpty: Bool { tables.isEmpty }

    /// The first value for exactly this key.
    ///
    /// - Throws: when a table that is asked before one that has the key cannot answer.
    package func lookup(_ key: String) throws(LookupError) -> String? {
        guard !key.isEmpty else { return nil }
        for table in tables {
            if let value = try table.lookup(key) { return value }
        }
        return nil
    }

    /// The same, but only in tables with fixed keys: for parts of an address, which patterns must not see.
    package func lookupPart(_ key: String) throws(LookupError) -> String? {
        guard !key.isEmpty else { return nil }
        for table in tables where table.hasFixedKeys {
            if let value = try table.lookup(key) { return value }
        }
        return nil
    }
}
