internal import Platform

/// master.cf: the services that master runs.
///
/// *Failure:* throws ``ConfigurationError`` with file and line, and says what the column may be.
package struct MasterFile: Equatable, Sendable {
    package var services: [ServiceEntry]

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
        var services: [ServiceEntry] = []
        for line in LogicalLines(bytes) {
            var entry: ServiceEntry
            do throws(ConfigurationError) {
                guard line.text.utf8.first?.isWhiteSpace == false else {
                    throw ConfigurationError("this line begins with white space, but there is no service before it")
                }
                entry = try ServiceLine.parse(line.text)
            } catch {
                throw ConfigurationError(error.message, file: file, line: line.number)
            }
            entry.file = file
            entry.line = line.number
            if let earlier = services.first(where: { $0.name == entry.name && $0.kind == entry.kind }) {
                throw ConfigurationError(
                    "the service \(entry.name) \(entry.kind.rawValue) is in line \(earlier.line ?? 0) already",
                    file: file, line: line.number)
            }
            services.append(entry)
        }
        return MasterFile(services: services)
    }

    package func service(_ name: String, _ kind: ServiceEntry.Kind) -> ServiceEntry? {
        services.first { $0.name == name && $0.kind == kind }
    }
}
