internal import CommandKit
internal import Configuration
internal import Glibc
internal import LookupTables
internal import Platform

/// postconf(1): shows and changes main.cf and master.cf, with the text and the exit status of Postfix 3.7's. `-j` is JSON: an object on
/// each line.
///
/// *Failure:* `postconf: fatal: why` and status 1; a changed file is as it was then. Unknown names and unused settings are warnings.
enum PostconfCommand {
    static func run(_ arguments: [String]) throws(ExitError) {
        let options = try PostconfOptions(arguments)
        switch options.subject {
        case .main, .services, .fields, .parameters: break
        case .tableTypes: return try Output.write(TableTypes.supported.sorted().map { $0 + "\n" }.joined())
        case .lockTypes: return try Output.write("flock\nfcntl\ndotlock\n")
        case .serverLogins, .clientLogins: return  // None yet: Postfix without SASL prints nothing either.
        case .templates, .expandedTemplates:
            throw ExitError(status: 1, message: "templates of bounce messages cannot be shown: the texts are built in")
        case .tls: throw ExitError(status: 1, message: "there is no TLS library whose version could be shown")
        }
        let directory = options.directory ?? Instance.customaryDirectory
        do throws(ServiceWords.Mistake) {
            if let edit = options.edit { return try change(options, edit, directory) }
            try show(options, directory)
        } catch {
            throw ExitError(status: 1, message: error.text)
        }
    }

    private static func change(
        _ options: PostconfOptions, _ edit: PostconfOptions.Edit, _ directory: String
    ) throws(ServiceWords.Mistake) {
        do throws(ExitError) {
            if options.subject == .main {
                var main = try asExit { () throws(ServiceWords.Mistake) in try MainEdit(edit, options.names) }
                let path = directory + "/main.cf"
                try FileReplacement.edit(path) { bytes throws(ExitError) in main.apply(to: bytes, path: path) }
                main.warnings.forEach(warn)
            } else {
                var master = try asExit { () throws(ServiceWords.Mistake) in
                    try MasterEdit(options.subject, edit, options.names)
                }
                let path = directory + "/master.cf"
                try FileReplacement.edit(path) { bytes throws(ExitError) in
                    do throws(ServiceWords.Mistake) { return try master.apply(to: bytes, path: path) } catch {
                        throw ExitError(status: 1, message: error.text)
                    }
                }
                master.warnings.forEach(warn)
            }
        } catch {
            throw ServiceWords.Mistake(text: error.message)
        }
    }

    private static func asExit<Value>(_ body: () throws(ServiceWords.Mistake) -> Value) throws(ExitError) -> Value {
        do throws(ServiceWords.Mistake) { return try body() } catch { throw ExitError(status: 1, message: error.text) }
    }

    private static func show(_ options: PostconfOptions, _ directory: String) throws(ServiceWords.Mistake) {
        var main = MainText()
        if !options.showsDefaults {
            let path = directory + "/main.cf"
            main = try MainText(try read(path), path: path)
            let isNamed = unsafe getenv("MAIL_CONFIG") != nil
            if options.directory != nil || isNamed { main.override("config_directory", directory) }
            for (name, value) in options.overrides { main.override(name, value) }
        }
        main.warnings.forEach(warn)
        let services = try services(directory, required: options.subject != .main)
        let values = ParameterDisplay(directory: directory, main: main, services: services, options: options)
        if !options.showsDefaults { values.names.warnings.forEach(warn) }
        let text =
            switch options.subject {
            case .services: try ServiceDisplay(values).entries()
            case .fields: try ServiceDisplay(values).fields()
            case .parameters: try ServiceDisplay(values).parameters()
            default: try values.text()
            }
        do throws(ExitError) { try Output.write(text) } catch { throw ServiceWords.Mistake(text: error.message) }
        if options.showsDefaults { return }
        if options.subject == .main { values.names.unusedInMain.forEach(warn) }
        values.names.unusedInMaster.forEach(warn)
    }

    private static func services(_ directory: String, required: Bool) throws(ServiceWords.Mistake) -> [ServiceWords] {
        let path = directory + "/master.cf"
        let bytes: [UInt8]
        do throws(SystemError) { bytes = try WholeFile.read(path) } catch {
            let message = "open \(path): \(errorText(error.code))"
            if required { throw ServiceWords.Mistake(text: message) }
            warn(message)
            return []
        }
        return try MasterText.parse(bytes, path: path)
    }

    private static func read(_ path: String) throws(ServiceWords.Mistake) -> [UInt8] {
        do throws(SystemError) { return try WholeFile.read(path) } catch {
            throw ServiceWords.Mistake(text: "open \(path): \(errorText(error.code))")
        }
    }

    static func warn(_ text: String) { Output.complain("postconf: warning: \(text)") }
}
