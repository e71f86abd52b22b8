package import Platform

/// main.cf and master.cf read to their ends: what is good in them, and every line that is not.
package struct SyntaxReview {
    package private(set) var mistakes: [ConfigurationError] = []
    /// nil when main.cf cannot be read at all.
    package private(set) var configuration: Configuration?
    package private(set) var services = MasterFile(services: [])

    package init(directory: String, host: any HostFacts = SystemHost()) {
        if let bytes = read(directory + "/main.cf") {
            let (settings, found) = MainFile.collect(bytes, file: directory + "/main.cf")
            mistakes += found
            configuration = Configuration(directory: directory, settings: settings, host: host)
        }
        if let bytes = read(directory + "/master.cf") {
            let (file, found) = MasterFile.collect(bytes, file: directory + "/master.cf")
            mistakes += found
            services = file
        }
    }

    private mutating func read(_ path: String) -> [UInt8]? {
        do throws(SystemError) { return try WholeFile.read(path) } catch {
            mistakes.append(ConfigurationError("cannot be read: \(errorText(error.code))", file: path))
            return nil
        }
    }
}
