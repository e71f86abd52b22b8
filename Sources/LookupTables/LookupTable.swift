/// A table `type:name`, open. Lookups are synchronous and never block for long; they may be made from any thread.
package protocol LookupTable: AnyObject, Sendable {
    /// `type:name`, as in main.cf.
    var name: String { get }
    /// Whether the table has fixed keys (hash:, texthash:, inline:, …), which are searched by parts of an address;
    /// tables of patterns (regexp:, cidr:) are asked for the whole only.
    var hasFixedKeys: Bool { get }
    /// The value for exactly this key; nil when there is none. Tables that fold case fold the key themselves.
    ///
    /// - Throws: when the table cannot say. That is a temporary failure, never "not found".
    func lookup(_ key: String) throws(LookupError) -> String?
}

/// A table that could not answer: defer, never conclude that there is no such key.
package struct LookupError: Error, Equatable, Sendable, CustomStringConvertible {
    /// `type:name`
    package var table: String
    package var message: String

    package init(table: String, message: String) {
        self.table = table
        self.message = message
    }

    package var description: String { "table \(table): \(message)" }
}
