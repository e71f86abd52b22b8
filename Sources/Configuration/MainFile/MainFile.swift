internal import Platform

/// Reads main.cf: `name = value` lines, a later one replacing an earlier one.
enum MainFile {
    static func read(_ path: String) throws(ConfigurationError) -> [String: Configuration.Setting] {
        let bytes: [UInt8]
        do {
            bytes = try WholeFile.read(path)
        } catch {
            throw ConfigurationError("cannot be read: \(errorText(error.code))", file: path)
        }
        return try parse(bytes, file: path)
    }

    static func parse(_ bytes: [UInt8], file: String) throws(ConfigurationError) -> [String: Configuration.Setting] {
        let (settings, mistakes) = collect(bytes, file: file)
        if let first = mistakes.first { throw first }
        return settings
    }

    /// What can be read, and every line that cannot.
    static func collect(
        _ bytes: [UInt8], file: String
    ) -> (settings: [String: Configuration.Setting], mistakes: [ConfigurationError]) {
        var settings: [String: Configuration.Setting] = [:]
        var mistakes: [ConfigurationError] = []
        for line in LogicalLines(bytes) {
            do throws(ConfigurationError) {
                guard line.text.utf8.first?.isWhiteSpace == false else {
                    throw ConfigurationError(
                        "this line begins with white space, but there is no line before it that it could continue")
                }
                guard !line.text.utf8.contains(0) else { throw ConfigurationError("there is a null byte in this line") }
                let (name, value) = try Assignment.split(line.text)
                settings[name] = Configuration.Setting(value, file: file, line: line.number)
            } catch {
                mistakes.append(ConfigurationError(error.message, file: file, line: line.number))
            }
        }
        return (settings, mistakes)
    }
}

/// `name = value`, as in main.cf and behind `-o`.
package enum Assignment {
    package static func split(_ text: String) throws(ConfigurationError) -> (name: String, value: String) {
        let trimmed = text.trimmed
        let name = trimmed.prefix { $0 != "=" && !$0.isWhitespace }
        guard !name.isEmpty else { throw ConfigurationError("there is no parameter name before the \"=\"") }
        let rest = trimmed[name.endIndex...].trimmed
        guard rest.utf8.first == UInt8(ascii: "=") else {
            throw ConfigurationError("there is no \"=\" behind \"\(name)\": write \(name) = value")
        }
        return (String(name), String(rest.dropFirst().trimmed))
    }
}
