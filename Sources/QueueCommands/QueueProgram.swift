internal import CommandKit
internal import Glibc

/// Postfix's commands for the queue in one small program, under the names postqueue, postsuper, postcat and qshape: it starts in a few
/// milliseconds, since cron jobs and monitoring call it often.
///
/// *Failure:* `NAME: fatal: why` on standard error, and the exit status that Postfix's command has.
package enum QueueProgram {
    /// - Parameter command: the words of the command line, the program's path first.
    /// - Returns: the exit status.
    package static func run(_ command: [String]) -> Int32 {
        let name = command.first?.split(separator: "/").last.map(String.init) ?? "postqueue"
        let arguments = Array(command.dropFirst())
        do throws(ExitError) {
            switch name {
            case "postsuper": try PostsuperCommand.run(arguments)
            case "postcat": try PostcatCommand.run(arguments)
            case "qshape": try QshapeCommand.run(arguments)
            default: try PostqueueCommand.run(arguments)
            }
            return EX_OK
        } catch {
            if !error.message.isEmpty { Output.complain("\(name): fatal: \(error.message)") }
            return error.status
        }
    }
}
