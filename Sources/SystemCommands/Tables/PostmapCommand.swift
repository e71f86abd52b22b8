internal import CommandKit
internal import Configuration
internal import Glibc
internal import LookupTables
internal import Platform

/// postmap(1) and postalias(1): make tables, ask them, list and change them.
///
/// *Failure:* status 1, for a key that is not there too; the table is as it was.
struct PostmapCommand {
    private let name: String
    private let form: DatabaseFile.Form
    private let options: OptionLetters
    private let type: String

    static func run(_ name: String, _ arguments: [String]) throws(ExitError) {
        let usage = ExitError(
            status: 1, message: "usage: \(name) [-inNoprsuUvw] [-c config_dir] [-d key] [-q key] [map_type:]file...")
        let letters = name == "postmap" ? "bc:d:fFhimnNopq:rsuUvw" : "c:d:finNopq:rsuvw"
        let options = try OptionLetters(arguments, letters: letters, program: name, usage: usage)
        if let letter = ["b", "f", "F", "h", "m"].first(where: { options.has($0) }) {
            throw ExitError(status: 1, message: "option -\(letter) is not supported")
        }
        guard !options.rest.isEmpty else { throw usage }
        if [options.has("s"), options.has("q"), options.has("d")].filter({ $0 }).count > 1 {
            throw ExitError(status: 1, message: "specify only one of -s -q or -d")
        }
        let instance = try Instance(directory: options.value("c"))
        do throws(ConfigurationError) {
            let type = try instance.configuration.value(of: BaseParameters.defaultDatabaseType)
            try PostmapCommand(
                name: name, form: name == "postalias" ? .aliases : .map, options: options, type: type
            ).perform()
        } catch {
            throw ExitError(status: 1, message: error.description)
        }
    }

    private func perform() throws(ConfigurationError) {
        if let key = options.value("q") { return try query(key) }
        if let key = options.value("d") { return try delete(key) }
        if options.has("s") { return try list() }
        for table in options.rest { try make(table) }
    }

    private func warn(_ text: String) { Output.complain("\(name): warning: \(text)") }

    private func print(_ text: String) throws(ConfigurationError) {
        do throws(ExitError) { try Output.write(text) } catch { throw ConfigurationError(error.message) }
    }

    /// `-q key`: the first table that has it; `-q -`: every line of standard input.
    private func query(_ key: String) throws(ConfigurationError) {
        var tables: [any LookupTable] = []
        for table in options.rest { tables.append(try LookupTables.open(table, defaultType: type, warn: warn)) }
        var isFound = false
        for key in key == "-" ? try standardInput() : [key] {
            do throws(LookupError) {
                guard let value = try TableList(tables).lookup(key) else { continue }
                isFound = true
                try? Output.write(options.value("q") == "-" ? "\(key)\t\(value)\n" : value + "\n")
            } catch {
                throw ConfigurationError(error.description)
            }
        }
        if !isFound { Glibc.exit(1) }
    }

    private func list() throws(ConfigurationError) {
        for table in options.rest {
            for pair in try DatabaseFile.pairs(of: try DatabaseFile.path(table, defaultType: type)) {
                try print("\(pair.key)\(form == .aliases ? ":" : "")\t\(pair.value)\n")
            }
        }
    }

    private func delete(_ key: String) throws(ConfigurationError) {
        let keys = Set((key == "-" ? try standardInput() : [key]).map { $0.lowercased() })
        var isFound = false
        for table in options.rest {
            let path = try DatabaseFile.path(table, defaultType: type)
            let old = try DatabaseFile.pairs(of: path)
            let kept = old.filter { !keys.contains($0.key) }
            guard kept.count < old.count else { continue }
            isFound = true
            try DatabaseFile.replace(path, with: kept, warn: warn)
            if key != "-" { break }
        }
        if !isFound { Glibc.exit(1) }
    }

    /// Anew from its text; with -i from standard input into what is there. -r: of two entries the later counts.
    private func make(_ table: String) throws(ConfigurationError) {
        let path = try DatabaseFile.path(table, defaultType: type)
        let replaces = options.has("r")
        guard options.has("i") || replaces || options.has("w") else {
            try DatabaseFile.make(from: path, form: form, warn: warn)
            return
        }
        var pairs: [DatabaseFile.Pair] = []
        let bytes: [UInt8]
        let isIncremental = options.has("i")
        do throws(SystemError) {
            bytes = try WholeFile.read(isIncremental ? "/dev/stdin" : path)
        } catch {
            throw ConfigurationError("open \(path): \(errorText(error.code))")
        }
        if isIncremental, unsafe access(path + DatabaseFile.suffix, F_OK) == 0 { pairs = try DatabaseFile.pairs(of: path) }
        var places: [String: Int] = [:]
        for (index, pair) in pairs.enumerated() { places[pair.key] = index }
        for pair in DatabaseFile.pairs(in: bytes, file: path, form: form, warn: warn) {
            if let place = places[pair.key] {
                if replaces {
                    pairs[place] = pair
                } else if !options.has("w") {
                    warn("\(path): duplicate entry: \"\(pair.key)\"")
                }
            } else {
                places[pair.key] = pairs.count
                pairs.append(pair)
            }
        }
        try DatabaseFile.replace(path, with: pairs, warn: warn)
    }

    private func standardInput() throws(ConfigurationError) -> [String] {
        do throws(SystemError) {
            let bytes = try WholeFile.read("/dev/stdin")
            return bytes.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
        } catch {
            throw ConfigurationError("standard input: \(errorText(error.code))")
        }
    }
}
