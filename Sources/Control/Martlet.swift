package import ArgumentParser
internal import CommandKit
internal import Glibc

/// `martlet`: the one command with which the mail system is run.
package struct Martlet: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "martlet", abstract: "Control the Martlet mail system.",
        subcommands: [
            Start.self, StartForeground.self, Stop.self, Abort.self, Reload.self, Upgrade.self, Status.self, Check.self,
            Flush.self,
            Queue.self, Map.self, Conf.self,
        ])

    @OptionGroup var instance: InstanceOptions

    package init() {}

    /// Parses the command line and runs it: exit status 0, or one of sysexits.h with the reason on standard error.
    ///
    /// Postfix's place for options is before the command (`martlet -c DIR start`), ArgumentParser's behind it: both work.
    package static func run(_ arguments: [String]) {
        var words = arguments
        if words.count > 2, words[0] == "-c" {
            let option = Array(words[..<2])
            words.removeFirst(2)
            // What is behind conf is postconf's.
            words.insert(contentsOf: option, at: words[0] == "conf" ? 1 : words.count)
        }
        if words.first == "conf" { Conf.become(Array(words.dropFirst())) }
        main(words)
    }
}

/// Which instance is meant.
struct InstanceOptions: ParsableArguments {
    @Option(name: [.customShort("c"), .customLong("config-directory")], help: "The directory of main.cf and master.cf.")
    var directory: String?

    /// The same for work that must not need a configuration without mistakes.
    func perform(directory body: (String) throws(ExitError) -> Void) throws {
        do throws(ExitError) {
            try body(directory ?? Instance.customaryDirectory)
        } catch {
            if !error.message.isEmpty { Output.complain("martlet: \(error.message)") }
            throw ExitCode(error.status)
        }
    }

    /// Runs a command's work and ends the process with the status of its error, if there is one.
    func perform(_ body: (Instance) throws(ExitError) -> Void) throws {
        do throws(ExitError) {
            try body(try Instance(directory: directory))
        } catch {
            if !error.message.isEmpty { Output.complain("martlet: \(error.message)") }
            throw ExitCode(error.status)
        }
    }
}
