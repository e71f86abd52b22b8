package import Configuration
internal import Glibc

/// A configuration directory and what the commands need of it.
package struct Instance: Sendable {
    package let directory: String
    package let configuration: Configuration
    package let queueDirectory: String
    package let daemonDirectory: String

    /// The directory that is used when none is named: `$MAIL_CONFIG`, else /etc/martlet, else Postfix's.
    package static var customaryDirectory: String {
        if let named = unsafe getenv("MAIL_CONFIG") { return unsafe String(cString: named) }
        return unsafe access("/etc/martlet/main.cf", F_OK) == 0 || access("/etc/postfix/main.cf", F_OK) != 0
            ? "/etc/martlet" : "/etc/postfix"
    }

    /// - Throws: EX_CONFIG with file and line.
    package init(directory: String?) throws(ExitError) {
        let directory = directory ?? Self.customaryDirectory
        let configuration: Configuration
        do throws(ConfigurationError) {
            configuration = try Configuration.load(directory: directory)
        } catch {
            throw ExitError(status: EX_CONFIG, message: error.description)
        }
        try self.init(configuration: configuration)
    }

    /// Of what could be read of main.cf.
    package init(configuration: Configuration) throws(ExitError) {
        directory = configuration.directory
        self.configuration = configuration
        do throws(ConfigurationError) {
            queueDirectory = try configuration.value(of: BaseParameters.queueDirectory)
            daemonDirectory = try configuration.value(of: BaseParameters.daemonDirectory)
        } catch {
            throw ExitError(status: EX_CONFIG, message: error.description)
        }
    }

    package func socket(_ name: String) -> String { queueDirectory + "/" + name }
}
