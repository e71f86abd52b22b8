/// The facilities of RFC 3164, section 4.1.1, under the names of syslog.conf(5).
struct SyslogFacility: Equatable, Sendable {
    let code: Int

    private static let names: [String: Int] = [
        "kern": 0, "user": 1, "mail": 2, "daemon": 3, "auth": 4, "syslog": 5, "lpr": 6, "news": 7, "uucp": 8, "cron": 9,
        "authpriv": 10, "ftp": 11, "local0": 16, "local1": 17, "local2": 18, "local3": 19, "local4": 20, "local5": 21,
        "local6": 22, "local7": 23,
    ]

    init?(_ name: String) {
        guard let code = Self.names[name] else { return nil }
        self.code = code
    }

    func priority(_ severity: LogSeverity) -> Int { code << 3 | severity.syslogLevel }
}

extension LogSeverity {
    /// Postfix's msg_syslog.c: fatal and panic are critical.
    var syslogLevel: Int {
        switch self {
        case .info: 6
        case .warning: 4
        case .error: 3
        case .fatal, .panic: 2
        }
    }

    /// What stands in front of the text.
    var word: String {
        switch self {
        case .info: ""
        case .warning: "warning: "
        case .error: "error: "
        case .fatal: "fatal: "
        case .panic: "panic: "
        }
    }
}
