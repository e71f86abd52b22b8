internal import Platform

/// master.cf: the services that master runs.
///
/// *Failure:* throws ``ConfigurationError`` with file and line, and says what the column may be.
package struct MasterFile: Equatable, Sendable {
    package var services: [ServiceEntry]
    /// Lines that a later one of the same service replaced.
    package var replaced: [Finding] = []

    package init(services: [ServiceEntry]) { self.services = services }

    package static func load(directory: String) throws(ConfigurationError) -> MasterFile {
        let path = directory + "/master.cf"
        let bytes: [UInt8]
        do {
            bytes = try WholeFile.read(path)
        } catch {
            throw ConfigurationError("cannot be read: \(errorText(error.code))", file: path)
        }
        return try parse(bytes, file: path)
    }

    package static func parse(_ bytes: [UInt8], file: String) throws(ConfigurationError) -> MasterFile {
        let (result, mistakes) = collect(bytes, file: file)
        if let first = mistakes.first { throw first }
        return result
    }

    /// What can be read, and every line that cannot.
    static func collect(_ bytes: [UInt8], file: String) -> (MasterFile, mistakes: [ConfigurationError]) {
        var result = MasterFile(services: [])
        var mistakes: [ConfigurationError] = []
        for line in LogicalLines(bytes) {
            var entry: ServiceEntry
            do throws(ConfigurationError) {
                guard line.text.utf8.first?.isWhiteSpace == false else {
                    throw ConfigurationError("this line begins with white space, but there is no service before it")
                }
                entry = try ServiceLine.parse(line.text)
            } catch {
                mistakes.append(ConfigurationError(error.message, file: file, line: line.number))
                continue
            }
            entry.file = file
            entry.line = line.number
            result.add(entry)
        }
        return (result, mistakes)
    }

    /// Of two lines for one service the last one counts, as in Postfix.
    private mutating func add(_ entry: ServiceEntry) {
        if let index = services.firstIndex(where: { $0.name == entry.name && $0.kind == entry.kind }) {
            let message = "service \(entry.name) \(entry.kind.rawValue): line \(entry.line ?? 0) replaces this one"
            replaced.append(Finding(.warns, message, file: services[index].file, line: services[index].line))
            services.remove(at: index)
        }
        services.append(entry)
    }

    package func service(_ name: String, _ kind: ServiceEntry.Kind) -> ServiceEntry? {
        services.first { $0.name == name && $0.kind == kind }
    }
}
