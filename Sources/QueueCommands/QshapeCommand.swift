internal import CommandKit
internal import Glibc
internal import Mail
internal import Platform

/// qshape(1): how many recipients of which domain have waited for how long.
enum QshapeCommand {
    private static let usage = ExitError(
        status: EX_USAGE,
        message: "usage: qshape [ -s ] [ -p ] [ -m <min_subdomains> ] [ -l ] [ -b <bucket_count> ] [ -t <bucket_time> ] "
            + "[ -w <terminal_width> ] [ -N <batch_msg_count> ] [ -n <batch_top_domains> ] [ -c <config_directory> ] [ <queue_name> ... ]"
    )

    static func run(_ arguments: [String]) throws(ExitError) {
        let options = try OptionLetters(arguments, letters: "lhc:psw:b:t:m:n:N:", program: "qshape", usage: usage)
        if options.has("h") { throw usage }
        let instance = try Instance(directory: options.value("c"))
        var table = QueueShape(now: SystemTime().wall / 1_000_000)
        table.countsSenders = options.has("s")
        table.countsParents = options.has("p")
        table.isLinear = options.has("l")
        table.buckets = try number(options, "b") ?? table.buckets
        table.minutes = try number(options, "t") ?? table.minutes
        table.minimumSubdomains = try number(options, "m") ?? table.minimumSubdomains
        table.width = max(80, try number(options, "w") ?? 80)
        // Intermediate results are not needed: the index is read in no time.
        _ = try number(options, "N")
        table.top = try number(options, "n") ?? (isatty(1) == 1 ? 20 : 0)
        let queues =
            options.rest.isEmpty
            ? ["incoming", "active"] : options.rest.map { $0.split(separator: "/").last.map(String.init) ?? $0 }
        for queue in queues where QueueFilter.State(name: queue) == nil {
            throw ExitError(status: 1, message: "there is no queue \"\(queue)\"")
        }
        let filter = QueueFilter([.init(.state, .equals, queues)])
        try QueueReport.forEach(instance, filter: filter) { entry in
            table.add(arrival: entry.arrival, sender: entry.sender, recipients: entry.recipients.map(\.address))
        }
        try Output.write(table.text)
    }

    private static func number(_ options: OptionLetters, _ letter: Character) throws(ExitError) -> Int? {
        guard let text = options.value(letter) else { return nil }
        guard let number = Int(text), number > 0, number < 1_000_000 else { throw usage }
        return number
    }
}
