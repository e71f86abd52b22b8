internal import Configuration
internal import Glibc
internal import Platform

/// How master calls a daemon: `smtpd -n 127.0.0.1:2525 -t inet -c /etc/martlet -o name=value … [argument …]`, and one
/// environment variable (``WorkerInheritance``).
struct Invocation: Equatable, Sendable {
    var serviceName = ""
    var configurationDirectory = "/etc/martlet"
    var overrides: [(name: String, value: String)] = []
    var arguments: [String] = []

    static func == (left: Invocation, right: Invocation) -> Bool {
        left.serviceName == right.serviceName && left.configurationDirectory == right.configurationDirectory
            && left.arguments == right.arguments && left.overrides.elementsEqual(right.overrides, by: ==)
    }

    /// - Parameter words: the command line without the program's name.
    init(_ words: [String]) throws(StartupError) {
        var rest = words[...]
        while let word = rest.first, word.hasPrefix("-"), word != "-" {
            rest.removeFirst()
            if word == "--" { break }
            switch word {
            case "-n": serviceName = try Self.value(of: word, &rest)
            case "-c": configurationDirectory = try Self.value(of: word, &rest)
            case "-t", "-m", "-s": _ = try Self.value(of: word, &rest)
            case "-o":
                let text = try Self.value(of: word, &rest)
                guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
                    throw StartupError("-o \(text): name=value expected", exitStatus: EX_USAGE)
                }
                overrides.append((trimmed(text[..<equals]), trimmed(text[text.index(after: equals)...])))
            // Postfix's flags of its own skeleton and its verbosity.
            case "-l", "-u", "-z", "-S", "-D", "-d", "-i", "-v", "-vv", "-vvv", "-V": break
            default: throw StartupError("unknown option \(word)", exitStatus: EX_USAGE)
            }
        }
        arguments = Array(rest)
    }

    private static func value(of option: String, _ rest: inout ArraySlice<String>) throws(StartupError) -> String {
        guard let value = rest.popFirst() else { throw StartupError("\(option): value missing", exitStatus: EX_USAGE) }
        return value
    }

    /// main.cf with the defaults of these parameters, the overrides, and `$service_name`, `$process_name`.
    func configuration(
        program: String, parameters: [any AnyParameter]
    ) throws(StartupError) -> Configuration {
        do throws(ConfigurationError) {
            var configuration = try Configuration.load(directory: configurationDirectory)
            configuration.declare(parameters)
            configuration.override("process_name", .init(program))
            configuration.override("service_name", .init(serviceName))
            let file = configurationDirectory + "/master.cf"
            for (name, value) in overrides { configuration.override(name, .init(value, file: file)) }
            return configuration
        } catch {
            throw StartupError(error.description)
        }
    }
}

private func trimmed(_ text: Substring) -> String {
    let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" }
    var text = text.drop(while: isSpace)
    while let last = text.last, isSpace(last) { text.removeLast() }
    return String(text)
}
