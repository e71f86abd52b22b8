internal import CommandKit
internal import Glibc
internal import Mail
internal import Wire

/// postqueue(1): what every user may do with the queue.
///
/// Every fatal error exits with EX_UNAVAILABLE, also wrong usage and missing rights, as Postfix's does (tried with 3.7.11). Unlike Postfix's, `-s` flushes any next hop or recipient domain, not only those of fast_flush_domains: the index knows them all.
enum PostqueueCommand {
    private static let usage = ExitError(
        status: EX_UNAVAILABLE,
        message: "usage: postqueue -f | postqueue -i queueid | postqueue -j | postqueue -p | postqueue -s site")

    static func run(_ arguments: [String]) throws(ExitError) {
        do throws(ExitError) { try perform(arguments) } catch {
            throw ExitError(status: EX_UNAVAILABLE, message: error.message)
        }
    }

    private static func perform(_ arguments: [String]) throws(ExitError) {
        let options = try OptionLetters(arguments, letters: "c:fi:jps:v", program: "postqueue", usage: usage)
        let actions = options.options.filter { $0.letter != "c" && $0.letter != "v" }
        guard actions.count == 1, let action = actions.first, options.rest.isEmpty else { throw usage }
        let instance = try Instance(directory: options.value("c"))
        switch action.letter {
        case "p": try QueueReport.print(instance, as: .mailq)
        case "j": try QueueReport.print(instance, as: .json)
        case "f": _ = try QueueRequest.perform(.flushAll, instance)
        case "i":
            let text = action.value ?? ""
            guard let id = QueueID(text) else {
                throw ExitError(status: EX_UNAVAILABLE, message: "Cannot flush queue ID - invalid name: \"\(text)\"")
            }
            _ = try QueueRequest.perform(.flushMessage(id), instance)
        case "s":
            let site = action.value ?? ""
            guard !site.isEmpty, site.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f }) else {
                throw ExitError(
                    status: EX_UNAVAILABLE, message: "Cannot flush mail queue - invalid destination: \"\(site)\"")
            }
            _ = try QueueRequest.perform(.flushSite(site), instance)
        default: throw usage
        }
    }
}
