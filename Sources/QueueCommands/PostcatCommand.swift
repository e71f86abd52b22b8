internal import CommandKit
internal import Configuration
internal import Glibc
internal import Mail
internal import Platform
internal import Spool

/// postcat(1): shows a message of the queue, its lines ending with LF as Postfix's files have them.
///
/// There are no queue files here: messages are named by queue ID, with `-q`.
enum PostcatCommand {
    private static let usage = ExitError(
        status: 1,
        message: "usage: postcat [-b (body text)] [-c config_dir] [-d (decimal record type)] [-e (envelope records)] "
            + "[-h (header text)] [-q (access queue)] [-v] [file(s)...]")

    static func run(_ arguments: [String]) throws(ExitError) {
        let options = try OptionLetters(arguments, letters: "bc:dehoqrv", program: "postcat", usage: usage)
        guard let first = options.rest.first else { throw usage }
        guard options.has("q") else {
            throw ExitError(
                status: 1, message: "open \(first): a message is no file here: name it by its queue ID (postcat -q)")
        }
        let instance = try Instance(directory: options.value("c"))
        do throws(ExitError) { try instance.becomeOwner() } catch { throw ExitError(status: 1, message: error.message) }
        for name in options.rest { try show(name, options, instance) }
    }

    private static func show(_ name: String, _ options: OptionLetters, _ instance: Instance) throws(ExitError) {
        let finder = RecordFinder(SpoolDirectory(path: instance.queueDirectory), POSIXFileSystem())
        var found: FoundMessage?
        if let id = QueueID(name) {
            do throws(StoreError) { found = try finder.find(id) } catch {
                throw ExitError(status: 1, message: "open queue file \(name): \(error)")
            }
        }
        guard let found else {
            let forbidden = unsafe access(instance.socket("segments"), X_OK) != 0 && errno == EACCES
            throw ExitError(
                status: 1, message: "open queue file \(name): \(errorText(forbidden ? EACCES : ENOENT))")
        }
        let isWhole = !options.has("b") && !options.has("h") && !options.has("e")
        var output = PostcatOutput(
            name: "\(found.state?.place.name ?? "incoming")/\(name)", showsTypes: options.has("d"),
            showsOffsets: options.has("o"))
        if isWhole || options.has("e") { try output.envelope(found) }
        let parts = (header: isWhole || options.has("h"), body: isWhole || options.has("b"))
        if parts.header || parts.body { try output.content(found, instance, header: parts.header, body: parts.body) }
        if isWhole || options.has("e") { try output.end() }
    }
}
