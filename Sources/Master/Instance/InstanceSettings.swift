internal import Configuration
internal import Glibc
internal import MailLog
internal import Platform

/// main.cf as master needs it, checked.
struct InstanceSettings {
    var configuration: Configuration
    var queueDirectory: String
    var dataDirectory: String
    var daemonDirectory: String
    var pidFile: String
    var version: String
    var log: LogSettings
    var sandbox: Sandbox
    var processLimit: Int
    var throttleTime: Duration
    var stopTimeLimit: Duration
    /// nil: event loops are not watched.
    var watchdogLimit: Duration?
    /// `name=value` for every program.
    var environment: [String]
    /// As whom the programs run; nil when master does not run as root: then it is the invoking user.
    var accounts: SuiteAccounts?

    /// The socket on which master is asked (``ControlSocket``); relative to queue_directory where it can be, since names of sockets
    /// are short.
    var controlSocket: String {
        let path = String(pidFile.dropLast("/master.pid".utf8.count)) + "/control"
        return path.hasPrefix(queueDirectory + "/") ? String(path.dropFirst(queueDirectory.utf8.count + 1)) : path
    }

    var directory: String { configuration.directory }

    /// - Throws: with file and line of what is wrong.
    static func load(directory: String) throws(MasterFailure) -> InstanceSettings {
        do throws(ConfigurationError) {
            var configuration = try Configuration.load(directory: directory)
            configuration.declare(MasterParameters.all)
            configuration.override("process_name", .init("master"))
            for parameter in BaseParameters.all + MasterParameters.all { try parameter.check(configuration) }
            let accounts = geteuid() == 0 ? try SuiteAccounts.load(configuration) : nil
            return try InstanceSettings(configuration, accounts: accounts)
        } catch {
            throw MasterFailure(error.description)
        }
    }

    init(_ configuration: Configuration, accounts: SuiteAccounts?) throws(ConfigurationError) {
        self.configuration = configuration
        self.accounts = accounts
        queueDirectory = try Self.absolute(BaseParameters.queueDirectory, configuration)
        dataDirectory = try Self.absolute(BaseParameters.dataDirectory, configuration)
        daemonDirectory = try Self.absolute(BaseParameters.daemonDirectory, configuration)
        let pidDirectory = try configuration.value(of: BaseParameters.processIDDirectory)
        pidFile = (pidDirectory.hasPrefix("/") ? "" : queueDirectory + "/") + pidDirectory + "/master.pid"
        version = try configuration.value(of: BaseParameters.mailVersion)
        log = LogSettings(
            name: try configuration.value(of: BaseParameters.syslogName), program: "master",
            facility: try configuration.value(of: BaseParameters.syslogFacility),
            file: try configuration.value(of: BaseParameters.maillogFile))
        sandbox = try configuration.value(of: BaseParameters.sandbox)
        processLimit = try configuration.value(of: BaseParameters.defaultProcessLimit)
        throttleTime = try configuration.value(of: MasterParameters.throttleTime)
        stopTimeLimit = try configuration.value(of: MasterParameters.stopTimeLimit)
        let watchdog = try configuration.value(of: MasterParameters.watchdogLimit)
        watchdogLimit = watchdog > .zero ? max(watchdog, .seconds(2)) : nil
        environment = Self.environment(try configuration.value(of: MasterParameters.importEnvironment).words)
        try checkLogFile()
    }

    func demandSamePlaces(queueDirectory: String, dataDirectory: String) throws(MasterFailure) {
        guard self.queueDirectory == queueDirectory, self.dataDirectory == dataDirectory else {
            throw MasterFailure("queue_directory and data_directory cannot change while mail is served: stop and start")
        }
    }

    func openLog() throws(MasterFailure) {
        do throws(LogError) {
            try Log.open(log)
        } catch {
            throw MasterFailure(error.description)
        }
    }

    private static func absolute(_ parameter: Parameter<String>, _ configuration: Configuration) throws(ConfigurationError)
        -> String
    {
        let path = try configuration.value(of: parameter)
        guard path.hasPrefix("/") else {
            let setting = configuration.settings[parameter.name]
            throw ConfigurationError(
                "\(parameter.name): \"\(path)\" is no absolute path", file: setting?.file, line: setting?.line)
        }
        return path
    }

    /// The file is created and appended to as root.
    private func checkLogFile() throws(ConfigurationError) {
        if log.file.isEmpty { return }
        let prefixes = try configuration.value(of: BaseParameters.maillogFilePrefixes).words
        guard prefixes.contains(where: { log.file.hasPrefix($0) }) else {
            let setting = configuration.settings[BaseParameters.maillogFile.name]
            throw ConfigurationError(
                "maillog_file: \"\(log.file)\" begins with none of maillog_file_prefixes (\(prefixes.joined(separator: ", ")))",
                file: setting?.file, line: setting?.line)
        }
    }

    private static func environment(_ words: [String]) -> [String] {
        var environment = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]
        for word in words {
            if word.contains("=") {
                environment.append(word)
            } else if let value = environmentValue(word) {
                environment.append("\(word)=\(value)")
            }
        }
        return environment
    }
}
