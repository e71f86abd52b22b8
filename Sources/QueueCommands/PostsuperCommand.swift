internal import CommandKit
internal import Configuration
internal import Glibc
internal import Mail
internal import Platform
internal import Wire

/// postsuper(1): what root does to the queue.
///
/// As with Postfix's, an ID that does not exist is no error: only the count tells. Beyond it, `ALL` logs a line for each message, too
/// (to the log, not to standard error). `-s`, `-S` and `-p` have nothing to do here: the spool needs no structure check.
enum PostsuperCommand {
    private static let usage = ExitError(
        status: 1,
        message: "usage: postsuper [-c config_dir] [-d queue_id (delete)] [-e queue_id (expire)] "
            + "[-f queue_id (expire and/or un-hold)] [-h queue_id (hold)] [-H queue_id (un-hold)] [-p (purge temporary files)] "
            + "[-r queue_id (requeue)] [-s (structure fix)] [-S (redundant structure fix)][-v (verbose)] [queue...]")

    /// What is done, in the order in which it is.
    private enum Action: Int, CaseIterable {
        case delete, expire, requeue, hold, release

        var change: QueueChange {
            switch self {
            case .delete: .delete(restorableFor: 0, purges: false)
            case .expire: .expire
            case .requeue: .requeue
            case .hold: .hold
            case .release: .release
            }
        }
        /// Behind a queue ID in the log.
        var word: String {
            switch self {
            case .delete: "removed"
            case .expire: "expired"
            case .requeue: "requeued"
            case .hold: "placed on hold"
            case .release: "released from hold"
            }
        }
        /// Before the count.
        var heading: String {
            switch self {
            case .delete: "Deleted"
            case .expire: "Force-expired"
            case .requeue: "Requeued"
            case .hold: "Placed on hold"
            case .release: "Released from hold"
            }
        }
        /// Postfix's order of counts.
        static let reported: [Action] = [.requeue, .delete, .expire, .hold, .release]

        static func of(_ letter: Character) -> [Action] {
            switch letter {
            case "d": [.delete]
            case "e": [.expire]
            case "f": [.expire, .release]
            case "h": [.hold]
            case "H": [.release]
            case "r": [.requeue]
            default: []
            }
        }
    }

    /// Those that have messages here, and those that exist with Postfix only.
    private static let queues: Set<String> = ["hold", "incoming", "active", "deferred", "maildrop"]
    private static let otherQueues: Set<String> = ["bounce", "defer", "trace", "flush", "corrupt", "saved"]
    private static let idsAtOnce = 1000

    static func run(_ arguments: [String]) throws(ExitError) {
        let options = try OptionLetters(arguments, letters: "c:d:e:f:h:H:pr:sSv", program: "postsuper", usage: usage)
        let instance = try Instance(directory: options.value("c"))
        try demandRights(instance)
        let log = try ChangeLog(instance)
        let states = try states(options.rest)
        var run = Run(instance: instance, log: log, states: states)
        for option in options.options {
            for action in Action.of(option.letter) { run.counts[action] = 0 }
        }
        do throws(ExitError) {
            for option in options.options {
                let actions = Action.of(option.letter)
                guard !actions.isEmpty, let value = option.value else { continue }
                switch value {
                case "ALL": run.whole.append(contentsOf: actions)
                case "-":
                    while let line = readLine() { try run.take(line, actions) }
                default: try run.take(value, actions)
                }
            }
            try run.finish()
        } catch {
            throw ExitError(status: 1, message: error.message)
        }
    }

    private static func demandRights(_ instance: Instance) throws(ExitError) {
        if ProcessOwner.isRoot { return }
        let name = try instance.value(of: BaseParameters.mailOwner)
        guard (try? UserAccount.named(name))??.user == ProcessOwner.user else {
            throw ExitError(status: 1, message: "use of this command is reserved for the superuser")
        }
    }

    private static func states(_ names: [String]) throws(ExitError) -> [String]? {
        for name in names where !queues.contains(name) && !otherQueues.contains(name) {
            throw ExitError(status: 1, message: "invalid directory name: \(name)")
        }
        return names.isEmpty ? nil : names
    }

    /// Gathers IDs and does what is to be done with them.
    private struct Run {
        let instance: Instance
        let log: ChangeLog
        /// Only messages in these; nil: in any.
        let states: [String]?
        var counts: [Action: UInt64] = [:]
        var whole: [Action] = []
        private var waiting: [Action: [QueueID]] = [:]
        private var gathered = 0

        init(instance: Instance, log: ChangeLog, states: [String]?) {
            self.instance = instance
            self.log = log
            self.states = states
        }

        mutating func take(_ text: String, _ actions: [Action]) throws(ExitError) {
            let text = text.trimmed
            guard let id = QueueID(text) else { return log.warn("invalid mail queue id: \(text)") }
            for action in actions { waiting[action, default: []].append(id) }
            gathered += 1
            if gathered >= idsAtOnce { try flush() }
        }

        mutating func finish() throws(ExitError) {
            try flush()
            for action in Action.allCases where whole.contains(action) { try change(action, QueueFilter(), quietly: true) }
            for action in Action.reported {
                guard let count = counts[action] else { continue }
                log.note("\(action.heading): \(count) message\(count == 1 ? "" : "s")")
            }
        }

        private mutating func flush() throws(ExitError) {
            gathered = 0
            for action in Action.allCases {
                guard let ids = waiting.removeValue(forKey: action) else { continue }
                try change(action, QueueFilter(ids: ids), quietly: false)
            }
        }

        private mutating func change(_ action: Action, _ filter: QueueFilter, quietly: Bool) throws(ExitError) {
            var filter = filter
            if let states { filter.terms.append(.init(.state, .equals, states)) }
            let log = log
            counts[action, default: 0] += try QueueChanger.perform(action.change, filter, instance) { portion in
                for id in portion.ids { log.note("\(id): \(action.word)", quietly: quietly) }
            }
        }
    }
}

extension String {
    fileprivate var trimmed: String {
        let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\r" }
        return String(drop(while: isSpace).reversed().drop(while: isSpace).reversed())
    }
}
