internal import ArgumentParser
internal import CommandKit
internal import Glibc
internal import Mail
internal import Wire

struct Flush: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Try deferred mail now: all of it, or one message or site.")
    @OptionGroup var options: InstanceOptions
    @Option(name: [.customShort("i"), .customLong("id")], help: "The queue ID of a message.")
    var id: String?
    @Option(name: [.customShort("s"), .customLong("site")], help: "A next hop or a recipient domain.")
    var site: String?

    func run() throws {
        try options.perform { instance throws(ExitError) in
            if let id {
                guard let queueID = QueueID(id) else { throw ExitError(status: EX_USAGE, message: "\"\(id)\" is no queue ID") }
                guard try QueueRequest.perform(.flushMessage(queueID), instance) > 0 else {
                    throw ExitError(status: 1, message: "no deferred message \(queueID)")
                }
            } else {
                _ = try QueueRequest.perform(site.map { .flushSite($0) } ?? .flushAll, instance)
            }
        }
    }
}

struct Queue: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look at the queue.", subcommands: [List.self], defaultSubcommand: List.self)

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the messages in the queue and why they are there.")
        @OptionGroup var options: InstanceOptions
        @Flag(help: "An object for each message, on a line of its own, as postqueue -j.")
        var json = false

        func run() throws {
            try options.perform { instance throws(ExitError) in try QueueReport.print(instance, as: json ? .json : .mailq) }
        }
    }
}
