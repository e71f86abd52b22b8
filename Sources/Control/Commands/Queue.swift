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
        abstract: "Look at the queue and change it.",
        discussion: """
            A filter is a row of terms that must all hold:
              id=ID,ID  sender=a@b.c  recipient=*@b.c  domain=b.c,*.c  nexthop=[1.2.3.4]:25  state=deferred,hold
              reason~refused  age>1d  size<10M
            with = != (equal, unequal; * stands for any characters, sender=<> is the null sender), ~ !~ (contains, lacks),
            < > (age in s m h d w, size in bytes or K M G). Letters are folded. Terms about recipients (recipient, domain,
            nexthop, reason) must hold for one and the same recipient; a change is made to whole messages.
            States: incoming, active, deferred, hold, maildrop (waits to be handed in again), deleted (can be restored).
            """,
        subcommands: [
            List.self, Count.self, Hold.self, Release.self, Delete.self, Undelete.self, Requeue.self, QueueFlush.self,
            Expire.self, Verify.self, Rebuild.self, Export.self, Import.self,
        ], defaultSubcommand: List.self)

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the messages in the queue and why they are there.")
        @OptionGroup var options: InstanceOptions
        @Flag(help: "An object for each message, on a line of its own, as postqueue -j.")
        var json = false
        @Argument(help: "Only messages for which all these terms hold.")
        var filter: [String] = []

        func run() throws {
            try options.perform { instance throws(ExitError) in
                try QueueReport.print(instance, as: json ? .json : .mailq, filter: try parsed(filter))
            }
        }
    }

    struct Count: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Count the messages in the queue.")
        @OptionGroup var options: InstanceOptions
        @Flag(help: "As an object.")
        var json = false
        @Argument(help: "Only messages for which all these terms hold.")
        var filter: [String] = []

        func run() throws {
            try options.perform { instance throws(ExitError) in
                let count = try QueueReport.count(instance, filter: try parsed(filter))
                try Output.write(json ? "{\"count\": \(count)}\n" : "\(count)\n")
            }
        }
    }
}

/// - Throws: EX_USAGE with what is wrong.
func parsed(_ filter: [String]) throws(ExitError) -> QueueFilter {
    do throws(QueueFilter.Mistake) { return try QueueFilter.parse(filter) } catch {
        throw ExitError(status: EX_USAGE, message: error.description)
    }
}
