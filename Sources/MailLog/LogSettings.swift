/// Where a program logs, and under which name.
package struct LogSettings: Equatable, Sendable {
    /// `$syslog_name`.
    package var name: String
    /// The program: `smtpd`. The ident of a line is `name/program[pid]`.
    package var program: String
    /// `$syslog_facility`.
    package var facility: String
    /// `$maillog_file`; empty: syslog.
    package var file: String

    package init(name: String, program: String, facility: String = "mail", file: String = "") {
        self.name = name
        self.program = program
        self.facility = facility
        self.file = file
    }

    var ident: String { name.isEmpty ? program : "\(name)/\(program)" }
}

/// The log cannot be opened; the text names parameter and file.
package struct LogError: Error, Equatable, Sendable, CustomStringConvertible {
    package let description: String
}

extension Log {
    /// Opens the log and makes it the process's. Call before privileges are given up: a file may be root's.
    package static func open(_ settings: LogSettings) throws(LogError) {
        guard let facility = SyslogFacility(settings.facility) else {
            throw LogError(description: "syslog_facility: \"\(settings.facility)\" is no facility of syslog")
        }
        if settings.file.isEmpty {
            configure(LineSink(.syslog(facility, path: SyslogSocket.path), ident: settings.ident))
        } else {
            configure(LineSink(.file(try LogFile.open(settings.file)), ident: settings.ident))
        }
    }
}
