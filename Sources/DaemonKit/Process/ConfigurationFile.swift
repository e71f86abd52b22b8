internal import Configuration
internal import Platform

/// Reads main.cf of a directory.
func loadConfiguration(directory: String) throws(ConfigurationError) -> Configuration {
    let path = directory + "/main.cf"
    let text: String
    do throws(SystemError) {
        let file = try POSIXFileSystem().open(path, .read)
        defer { file.close() }
        text = String(decoding: try file.read(Int(try file.size()), at: 0), as: UTF8.self)
    } catch {
        throw ConfigurationError(error.description)
    }
    var settings: [String: Configuration.Setting] = [:]
    var last: String?
    for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
        if line.hasPrefix("#") || line.allSatisfy({ $0 == " " || $0 == "\t" }) { continue }
        if line.hasPrefix(" ") || line.hasPrefix("\t"), let name = last {
            settings[name]?.text += " " + line.drop { $0 == " " || $0 == "\t" }
            continue
        }
        let pair = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard pair.count == 2 else { throw ConfigurationError("name = value expected", file: path, line: number + 1) }
        let name = String(pair[0].filter { $0 != " " && $0 != "\t" })
        let value = pair[1].drop { $0 == " " || $0 == "\t" }
        settings[name] = .init(String(value), file: path, line: number + 1)
        last = name
    }
    return Configuration(directory: directory, settings: settings)
}
