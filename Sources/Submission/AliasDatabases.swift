internal import CommandKit
internal import Configuration
internal import Glibc
internal import LookupTables

/// newaliases(1): makes every table of alias_database anew.
enum AliasDatabases {
    static func rebuild(_ instance: Instance) throws(ExitError) {
        do throws(ConfigurationError) {
            let type = try instance.configuration.value(of: BaseParameters.defaultDatabaseType)
            for table in try instance.configuration.value(of: BaseParameters.aliasDatabase).words {
                let path = try DatabaseFile.path(table, defaultType: type)
                try DatabaseFile.make(from: path, form: .aliases) { Output.complain("newaliases: warning: \($0)") }
            }
        } catch {
            throw ExitError(status: EX_DATAERR, message: error.description)
        }
    }
}
