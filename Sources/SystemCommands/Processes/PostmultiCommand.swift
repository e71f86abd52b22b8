internal import CommandKit
internal import Configuration
internal import Glibc

/// postmulti(1), as far as it reads: lists the instances of multi_instance_directories (-l), runs `postfix` commands (-p) or others (-x)
/// for each.
///
/// *Failure:* the status of the command that failed last; making and changing instances (-e) is refused.
enum PostmultiCommand {
    private struct Entry {
        var directory: String
        var name: String
        var group: String
        var isEnabled: Bool
    }

    static func run(_ arguments: [String]) throws(ExitError) -> Int32 {
        let usage = ExitError(
            status: 1, message: "usage: postmulti -l [-aRv] [-g group] [-i name] | -p [-av] … command… | -x [-aRv] … command…")
        let options = try OptionLetters(arguments, letters: "ae:g:i:lpRvxG:I:", program: "postmulti", usage: usage)
        if options.has("e") {
            throw ExitError(status: 1, message: "-e is not supported: an instance is a directory with main.cf and master.cf")
        }
        guard [options.has("l"), options.has("p"), options.has("x")].filter({ $0 }).count == 1,
            options.has("l") == options.rest.isEmpty
        else { throw usage }
        var entries = try entries().filter { entry in
            (options.value("i").map { $0 == entry.name || $0 == entry.directory } ?? true)
                && (options.value("g").map { $0 == entry.group } ?? true)
        }
        guard !entries.isEmpty else { throw ExitError(status: 1, message: "No matching instances") }
        if options.has("R") || options.has("p") && ["stop", "abort"].contains(options.rest[0]) { entries.reverse() }
        if options.has("l") {
            for entry in entries {
                let state = entry.isEnabled ? "y" : "n"
                try Output.write(
                    "\(padded(entry.name, 15)) \(padded(entry.group, 15)) \(padded(state, 9)) \(entry.directory)\n")
            }
            return EX_OK
        }
        var status = EX_OK
        for entry in entries {
            let environment = [("MAIL_CONFIG", entry.directory)]
            let result: Int32
            if options.has("x") {
                result = try ChildProcess.run(options.rest[0], options.rest, environment: environment)
            } else {
                // A disabled instance is checked, never started.
                if !entry.isEnabled, ["start", "start-fg"].contains(options.rest[0]) { continue }
                let words = ["postfix", "-c", entry.directory] + options.rest
                result = try ChildProcess.run(SiblingProgram.path("postfix"), words, environment: environment)
            }
            if result != 0 { status = result }
        }
        return status
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.utf8.count))
    }

    private static func entries() throws(ExitError) -> [Entry] {
        let primary = try Instance(directory: nil)
        var directories: [String] = [primary.directory]
        let text = primary.configuration.settings["multi_instance_directories"]?.text ?? ""
        directories += WordList.parse(text)?.words ?? []
        var entries: [Entry] = []
        for (index, directory) in directories.enumerated() {
            let configuration = index == 0 ? primary.configuration : try Instance(directory: directory).configuration
            let values = ["multi_instance_name", "multi_instance_group", "multi_instance_enable"].map {
                (try? configuration.text(of: $0)) ?? ""
            }
            entries.append(
                Entry(
                    directory: directory, name: values[0].isEmpty ? "-" : values[0], group: values[1].isEmpty ? "-" : values[1],
                    isEnabled: index == 0 || values[2] == "yes"))
        }
        return entries
    }
}
