/// What every program of the suite reads: where the instance lives, as whom it runs, where it logs.
package enum InstanceParameters {
    package static let queueDirectory = Parameter<String>(
        "queue_directory", default: "/var/spool/martlet", summary: "The spool, and the programs' working directory.")
    package static let dataDirectory = Parameter<String>(
        "data_directory", default: "/var/lib/martlet", summary: "Data that the programs keep beside the spool, mail_owner's.")
    package static let daemonDirectory = Parameter<String>(
        "daemon_directory", default: "/usr/lib/martlet", summary: "Where master and the daemons are.")
    package static let commandDirectory = Parameter<String>(
        "command_directory", default: "/usr/sbin", summary: "Where the administrator's commands are.")
    package static let mailOwner = Parameter<String>(
        "mail_owner", default: "martlet", summary: "The user who owns the spool and as whom the daemons run.")
    package static let syslogName = Parameter<String>(
        "syslog_name", default: "postfix", summary: "Put in front of the program's name in each log line.")
    package static let syslogFacility = Parameter<String>(
        "syslog_facility", default: "mail", summary: "The syslog facility of all log lines.")
    package static let maillogFile = Parameter<String>(
        "maillog_file", default: "", summary: "A file (or /dev/stdout) that is logged to instead of syslog.")
    package static let maxIdle = Parameter<Duration>(
        "max_idle", default: "100s", limits: .seconds(1)...(.seconds(31_536_000)),
        summary: "How long a worker without work waits before it exits.")
    package static let inetInterfaces = Parameter<WordList>(
        "inet_interfaces", default: "all", summary: "The addresses on which mail is received.")
    package static let inetProtocols = Parameter<WordList>(
        "inet_protocols", default: "all", summary: "The network protocols used: ipv4, ipv6, or all.")
    package static let defaultProcessLimit = Parameter<Int>(
        "default_process_limit", default: "100", limits: 1...1_000_000,
        summary: "How many clients or deliveries a service of master.cf serves at once when it does not say.")

    package static let all: [any AnyParameter] = [
        queueDirectory, dataDirectory, daemonDirectory, commandDirectory, mailOwner, syslogName, syslogFacility, maillogFile,
        maxIdle, inetInterfaces, inetProtocols, defaultProcessLimit,
    ]
}
