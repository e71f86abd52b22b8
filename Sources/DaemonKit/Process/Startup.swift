package import Configuration
package import Platform

/// A daemon's start-up failed: the sentence is logged as fatal and the process ends with `exitStatus` (sysexits.h).
package struct StartupError: Error, Equatable, Sendable, CustomStringConvertible {
    package var message: String
    package var exitStatus: Int32
    package init(_ message: String, exitStatus: Int32 = 1) {
        self.message = message
        self.exitStatus = exitStatus
    }
    package var description: String { message }
}

/// What a daemon gets while still privileged and single-threaded: configuration and identity, no event loop yet.
package struct Startup: Sendable {
    package let configuration: Configuration
    /// `$service_name`: the name in master.cf (`smtp`, `127.0.0.1:2525`, `cleanup`).
    package let serviceName: String
    /// Never repeated for this spool: the upper part of the unique number in queue IDs.
    package let lease: UInt64
    package let queueDirectory: String
    package let dataDirectory: String
    /// What follows the options in master.cf (`user=… argv=…` of pipe).
    package let arguments: [String]
    /// This worker's share of master.cf's process limit: how many clients or deliveries at once over all connections; nil: no
    /// limit. See ``DaemonContext/isFull``.
    package let sessionLimit: Int?
    /// As whom the programs run; nil when master was not started by root.
    package let accounts: SuiteAccounts?
    /// Says what this process is at, should it die of it.
    package let breadcrumb: Breadcrumb
    /// Queue IDs of messages that have crashed a program twice: qmgr puts them on hold.
    package var heldMessages: [String] = []
    /// Addresses of clients that have: smtpd serves each only when it serves nobody else.
    package var isolatedClients: [String] = []
    /// The index has crashed qmgr twice: it is to be built anew.
    package var rebuildsIndex = false

    package init(
        configuration: Configuration, serviceName: String, lease: UInt64, queueDirectory: String, dataDirectory: String,
        arguments: [String] = [], sessionLimit: Int? = nil, accounts: SuiteAccounts? = nil,
        breadcrumb: Breadcrumb = Breadcrumb()
    ) {
        self.configuration = configuration
        self.serviceName = serviceName
        self.lease = lease
        self.queueDirectory = queueDirectory
        self.dataDirectory = dataDirectory
        self.arguments = arguments
        self.sessionLimit = sessionLimit
        self.accounts = accounts
        self.breadcrumb = breadcrumb
    }

    /// - Throws: when the value is none of its type or outside the limits, naming parameter, file and line.
    package func value<Value>(of parameter: Parameter<Value>) throws(StartupError) -> Value {
        do throws(ConfigurationError) {
            return try configuration.value(of: parameter)
        } catch {
            throw StartupError(error.description)
        }
    }
}
