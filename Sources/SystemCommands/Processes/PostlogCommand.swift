internal import CommandKit
internal import Configuration
internal import Glibc
internal import MailLog
internal import Platform

/// postlog(1): puts a line of a script into the mail log; without text, every line of standard input. Also on standard error.
enum PostlogCommand {
    static func run(_ arguments: [String]) throws(ExitError) {
        let usage = ExitError(status: 1, message: "usage: postlog [-iv] [-c config_dir] [-p priority] [-t tag] [text...]")
        let options = try OptionLetters(arguments, letters: "c:ip:t:v", program: "postlog", usage: usage)
        let severity: LogSeverity
        switch options.value("p") ?? "info" {
        case "info": severity = .info
        case "warn", "warning": severity = .warning
        case "error": severity = .error
        case "fatal", "panic": severity = .fatal
        case let other: throw ExitError(status: 1, message: "bad priority: \(other)")
        }
        let configuration = try Instance(directory: options.value("c")).configuration
        let tag: String
        do throws(ConfigurationError) {
            let name = try configuration.value(of: BaseParameters.syslogName)
            tag = options.value("t") ?? name + "/postlog"
            let settings = LogSettings(
                name: "", program: tag, facility: try configuration.value(of: BaseParameters.syslogFacility),
                file: try configuration.value(of: BaseParameters.maillogFile))
            do throws(LogError) { try Log.open(settings) } catch { throw ConfigurationError(error.description) }
        } catch {
            throw ExitError(status: 1, message: error.description)
        }
        if !options.rest.isEmpty { return log(severity, options.rest.joined(separator: " "), tag) }
        let input: [UInt8]
        do throws(SystemError) { input = try WholeFile.read("/dev/stdin") } catch {
            throw ExitError(status: 1, message: "standard input: \(errorText(error.code))")
        }
        for line in input.split(separator: UInt8(ascii: "\n")) { log(severity, String(decoding: line, as: UTF8.self), tag) }
    }

    private static func log(_ severity: LogSeverity, _ text: String, _ tag: String) {
        switch severity {
        case .info: Log.info(text)
        case .warning: Log.warning(text)
        case .error: Log.error(text)
        case .fatal: Log.fatal(text)
        case .panic: Log.fatal(text)
        }
        if isatty(2) == 1 { Output.complain("\(tag): \(text)") }
    }
}
