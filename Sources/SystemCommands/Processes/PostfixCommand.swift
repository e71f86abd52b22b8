internal import CommandKit
internal import Glibc

/// postfix(1): the customary name for starting and stopping; `martlet` does it.
///
/// *Failure:* status 1, as Postfix's scripts expect; what went wrong is said by martlet.
enum PostfixCommand {
    private static let usage = ExitError(status: 1, message: "usage: postfix [-c config_dir] [-Dv] command")

    /// - Returns: the exit status.
    static func run(_ arguments: [String]) throws(ExitError) -> Int32 {
        let options = try OptionLetters(arguments, letters: "c:Dv", program: "postfix", usage: usage)
        guard let command = options.rest.first else { throw usage }
        let directory = options.value("c") ?? Instance.customaryDirectory
        switch command {
        case "start", "stop", "abort", "reload", "check", "flush", "status", "start-fg":
            guard options.rest.count == 1 else { throw usage }
            let words = ["martlet", "-c", directory, command]
            if command == "start-fg" { try become(words) }
            return try ChildProcess.run(SiblingProgram.path("martlet"), words) == 0 ? EX_OK : 1
        case "set-permissions", "upgrade-configuration":
            Output.complain("postfix: \(command): nothing to do: the mail system sets what it needs when it starts")
            return EX_OK
        case "logrotate", "tls", "post-install":
            throw ExitError(status: 1, message: "\(command): there is no such command here; see \"martlet --help\"")
        default:
            throw ExitError(
                status: 1,
                message: "unknown command: '\(command)'. Usage: postfix start (or stop, reload, abort, flush, check, status, "
                    + "set-permissions, upgrade-configuration, start-fg)")
        }
    }

    private static func become(_ words: [String]) throws(ExitError) {
        let program = SiblingProgram.path("martlet")
        var arguments = unsafe words.map { unsafe strdup($0) }
        unsafe arguments.append(nil)
        _ = unsafe execv(program, arguments)
        throw ExitError(status: 1, message: "cannot run \(program)")
    }
}
