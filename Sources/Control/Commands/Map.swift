import ArgumentParser
internal import CommandKit
internal import Configuration
internal import Glibc
internal import LookupTables

/// Makes tables, and looks things up in them: postmap(1).
struct Map: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a lookup table from its text, or look up a key in one.",
        discussion:
            "FILE, hash:FILE, btree:FILE and lmdb:FILE make FILE.lmdb from the text FILE. With -q a table of any type is asked."
    )
    @OptionGroup var options: InstanceOptions
    @Option(
        name: [.customShort("q"), .customLong("query")], help: "Print the value of this key; exit status 1 when there is none.")
    var key: String?
    @Flag(help: "The text is that of an alias file: name: value.")
    var aliases = false
    @Argument(help: "The tables: type:name, or the name of a text.")
    var tables: [String]

    func run() throws {
        try options.perform { instance throws(ExitError) in
            do throws(ConfigurationError) {
                let type = try instance.configuration.value(of: BaseParameters.defaultDatabaseType)
                if let key { return try query(key, type) }
                for table in tables {
                    let path = try DatabaseFile.path(table, defaultType: type)
                    try DatabaseFile.make(from: path, form: aliases ? .aliases : .map, warn: Self.warn)
                }
            } catch {
                throw ExitError(status: 1, message: error.description)
            }
        }
    }

    private func query(_ key: String, _ type: String) throws(ConfigurationError) {
        var opened: [any LookupTable] = []
        for table in tables { opened.append(try LookupTables.open(table, defaultType: type, warn: Self.warn)) }
        let value: String?
        do throws(LookupError) {
            value = try TableList(opened).lookup(key)
        } catch {
            throw ConfigurationError(error.description)
        }
        guard let value else { Glibc.exit(1) }
        print(value)
    }

    private static func warn(_ text: String) { Output.complain("martlet: warning: \(text)") }
}
