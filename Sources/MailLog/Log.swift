/// How bad it is; the text in front of the line is Postfix's (`warning: `, `error: `, `fatal: `, `panic: `).
package enum LogSeverity: Int, Sendable { case info, warning, error, fatal, panic }

/// Where lines go. Implementations never block for long and never fail: what cannot be written is counted.
package protocol LogSink: Sendable {
    /// `text` is one line without its severity word, stamp or ident; control characters are replaced by the sink.
    func write(_ severity: LogSeverity, _ text: String)
}

/// The process's log, in Postfix's wording. Set once at start-up, before any thread exists; until then lines go to stderr.
package enum Log {
    // Set once, before threads, by the skeleton (see LogConfiguration); read-only ever after.
    nonisolated(unsafe) private static var sink: any LogSink = StandardErrorSink()

    package static func configure(_ sink: any LogSink) { unsafe self.sink = sink }

    package static func info(_ text: @autoclosure () -> String) { unsafe sink.write(.info, text()) }
    package static func warning(_ text: @autoclosure () -> String) { unsafe sink.write(.warning, text()) }
    package static func error(_ text: @autoclosure () -> String) { unsafe sink.write(.error, text()) }
    package static func fatal(_ text: @autoclosure () -> String) { unsafe sink.write(.fatal, text()) }
}

/// Before the log is configured, and for commands.
struct StandardErrorSink: LogSink {
    func write(_ severity: LogSeverity, _ text: String) {
        writeStandardError(severity.word + text + "\n")
    }
}
