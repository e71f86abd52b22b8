internal import ArgumentParser
internal import CommandKit
internal import Configuration
internal import Glibc
internal import Mail
internal import Wire

/// What all commands that change the queue have in common.
struct ChangeOptions: ParsableArguments {
    @Flag(name: .customLong("dry-run"), help: "Change nothing; say what would be changed.")
    var isTrial = false
    @Flag(help: "Every message: needed when there is no filter.")
    var all = false
    @Flag(help: "An object at the end, with the queue IDs.")
    var json = false
    @Flag(name: [.short, .long], help: "No line for each message.")
    var quiet = false
    @Argument(help: "Only messages for which all these terms hold.")
    var filter: [String] = []

    /// Makes the change, logs each message and prints what was done.
    func perform(_ change: QueueChange, _ word: String, _ instance: Instance) throws(ExitError) {
        let filter = try parsed(filter)
        guard all == filter.terms.isEmpty else {
            throw ExitError(
                status: EX_USAGE,
                message: all ? "either --all or a filter" : "which messages? A filter, or --all for every message")
        }
        let log = isTrial ? nil : try ChangeLog(instance, program: "martlet")
        var progress = Progress()
        var ids: [QueueID] = []
        let count = try QueueChanger.perform(change, filter, isTrial: isTrial, instance) { portion throws(ExitError) in
            var lines = ""
            for id in portion.ids {
                log?.note("\(id): \(word)", quietly: true)
                if !json && !quiet { lines += "\(id): \(isTrial ? "would be " : "")\(word)\n" }
            }
            if json { ids += portion.ids }
            progress.clear()
            if !lines.isEmpty { try Output.write(lines) }
            progress.show(portion.examined)
        }
        progress.clear()
        // As postsuper counts.
        let name = word == "removed" ? "Deleted" : word.prefix(1).uppercased() + word.dropFirst()
        log?.note("\(name): \(count) message\(count == 1 ? "" : "s")", quietly: true)
        if json {
            let list = ids.map { JSONFormat.quoted($0.description) }.joined(separator: ", ")
            try Output.write("{\"count\": \(count), \"dry_run\": \(isTrial), \"queue_ids\": [\(list)]}\n")
        } else {
            try Output.write("\(count) message\(count == 1 ? "" : "s") \(isTrial ? "would be " : "")\(word)\n")
        }
    }
}

/// How far long work is, on a terminal's standard error.
private struct Progress {
    private let isShown = isatty(2) == 1
    private var hasText = false

    mutating func show(_ examined: UInt64) {
        guard isShown, examined > 10_000 else { return }
        say("\r\(examined) messages looked at")
        hasText = true
    }

    mutating func clear() {
        guard hasText else { return }
        say("\r\u{1b}[K")
        hasText = false
    }

    private func say(_ text: String) {
        var text = text
        text.withUTF8 { buffer in _ = unsafe write(2, buffer.baseAddress, buffer.count) }
    }
}

extension Queue {
    struct Hold: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Keep messages from being delivered until they are released.")
        @OptionGroup var options: InstanceOptions
        @OptionGroup var change: ChangeOptions
        func run() throws {
            try options.perform { instance throws(ExitError) in try change.perform(.hold, "placed on hold", instance) }
        }
    }

    struct Release: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Deliver what was on hold.")
        @OptionGroup var options: InstanceOptions
        @OptionGroup var change: ChangeOptions
        func run() throws {
            try options.perform { instance throws(ExitError) in
                try change.perform(.release, "released from hold", instance)
            }
        }
    }

    struct Delete: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take messages out of the queue; their senders are not told.",
            discussion: "Within martlet_queue_undelete_time they can be restored with \"martlet queue undelete\".")
        @OptionGroup var options: InstanceOptions
        @OptionGroup var change: ChangeOptions
        @Flag(help: "Erase them at once, also those that were deleted before (state=deleted): nothing can be restored.")
        var purge = false
        func run() throws {
            try options.perform { instance throws(ExitError) in
                let time = try instance.value(of: ControlParameters.undeleteTime)
                let seconds = purge ? 0 : UInt32(clamping: time.components.seconds)
                try change.perform(.delete(restorableFor: seconds, purges: purge), "removed", instance)
            }
        }
    }

    struct Undelete: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put deleted messages back, while martlet_queue_undelete_time is not over.")
        @OptionGroup var options: InstanceOptions
        @OptionGroup var change: ChangeOptions
        func run() throws {
            try options.perform { instance throws(ExitError) in
                guard change.all == change.filter.isEmpty else {
                    throw ExitError(status: EX_USAGE, message: "which messages? A filter, or --all for every deleted message")
                }
                var change = change
                change.filter.append("state=deleted")
                change.all = false
                try change.perform(.restore, "restored", instance)
            }
        }
    }

    struct Requeue: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Hand messages in again, under new queue IDs: rewriting and aliases apply as they are now.")
        @OptionGroup var options: InstanceOptions
        @OptionGroup var change: ChangeOptions
        func run() throws {
            try options.perform { instance throws(ExitError) in try change.perform(.requeue, "requeued", instance) }
        }
    }

    struct QueueFlush: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "flush", abstract: "Try deferred messages now.")
        @OptionGroup var options: InstanceOptions
        @OptionGroup var change: ChangeOptions
        func run() throws {
            try options.perform { instance throws(ExitError) in try change.perform(.flush, "flushed", instance) }
        }
    }

    struct Expire: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Return messages to their senders as too old, at their next attempt.")
        @OptionGroup var options: InstanceOptions
        @OptionGroup var change: ChangeOptions
        func run() throws {
            try options.perform { instance throws(ExitError) in try change.perform(.expire, "expired", instance) }
        }
    }
}

/// What the commands read from main.cf beside the common parameters.
enum ControlParameters {
    static let undeleteTime = Parameter<Duration>(
        "martlet_queue_undelete_time", default: "0s", limits: .zero...(.seconds(365 * 86_400)),
        summary: "How long messages that \"martlet queue delete\" takes out of the queue can be restored; 0: not at all.")
}
