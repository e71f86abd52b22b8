internal import CommandKit
internal import Glibc

/// Postfix's commands for configuration, tables and daemons in one small program, under their customary names.
///
/// *Failure:* `NAME: fatal: why` on standard error, and the exit status that Postfix's command has.
package enum SystemProgram {
    /// - Parameter command: the words of the command line, the program's path first.
    /// - Returns: the exit status.
    package static func run(_ command: [String]) -> Int32 {
        let name = command.first?.split(separator: "/").last.map(String.init) ?? "postconf"
        let arguments = Array(command.dropFirst())
        do throws(ExitError) {
            switch name {
            case "postconf": try PostconfCommand.run(arguments)
            case "postmap", "postalias": try PostmapCommand.run(name, arguments)
            case "postlog": try PostlogCommand.run(arguments)
            case "postkick": try PostkickCommand.run(arguments)
            case "postlock": return try PostlockCommand.run(arguments)
            case "postmulti": return try PostmultiCommand.run(arguments)
            case "postfix": return try PostfixCommand.run(arguments)
            default: throw ExitError(status: EX_USAGE, message: "this program is no command of that name")
            }
            return EX_OK
        } catch {
            if !error.message.isEmpty { Output.complain("\(name): fatal: \(error.message)") }
            return error.status
        }
    }
}
