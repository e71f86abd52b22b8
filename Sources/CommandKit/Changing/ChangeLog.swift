internal import Configuration
internal import MailLog

/// The log of what operators did to the queue: `ID: removed` and the like, under the name postsuper, which parsers know.
///
/// *Failure:* a log that cannot be opened (maillog_file of another user) is said once on standard error; the command goes on.
package struct ChangeLog {
    private let program: String

    /// Opened before root becomes mail_owner, since a file may be root's.
    package init(_ instance: Instance, program: String = "postsuper") throws(ExitError) {
        self.program = program
        let settings = LogSettings(
            name: try instance.value(of: BaseParameters.syslogName), program: "postsuper",
            facility: try instance.value(of: BaseParameters.syslogFacility),
            file: try instance.value(of: BaseParameters.maillogFile))
        do throws(LogError) {
            try Log.open(settings)
        } catch {
            Log.configure(NoLog())
            Output.complain("\(program): warning: \(error)")
        }
    }

    package func note(_ text: String, quietly: Bool = false) {
        Log.info(text)
        if !quietly { Output.complain("\(program): \(text)") }
    }

    package func warn(_ text: String) {
        Log.warning(text)
        Output.complain("\(program): warning: \(text)")
    }
}

private struct NoLog: LogSink {
    func write(_ severity: LogSeverity, _ text: String) {}
}
