internal import Configuration
internal import Glibc
package import Mail
internal import Platform
internal import Spool
internal import Wire

/// Prints the queue: what `mailq`, `sendmail -bp`, `postqueue -p` and `-j` and `martlet queue list` do.
///
/// While the system is stopped, root and mail_owner get the list from the spool itself.
/// *Failure:* EX_UNAVAILABLE when the system is down and the user may not look for himself.
package enum QueueReport {
    package enum Format: Sendable { case mailq, json }

    /// What is printed together.
    private static let portion = 64 << 10

    package static func print(
        _ instance: Instance, as format: Format, filter: QueueFilter = QueueFilter()
    ) throws(ExitError) {
        do throws(ExitError) {
            try printRunning(instance, format, filter)
        } catch {
            guard error.status == EX_UNAVAILABLE, try mayLookDirectly(instance) else { throw error }
            let cause = error.message.drop { $0 != "(" }
            Output.warn("Mail system is down -- accessing queue directly \(cause)")
            try printStopped(instance, format, filter)
        }
    }

    /// How many messages match.
    package static func count(_ instance: Instance, filter: QueueFilter) throws(ExitError) -> Int {
        do throws(ExitError) {
            var client = try ShowQueueClient(instance, filter: filter)
            var count = 0
            while try client.nextRecord() { count += 1 }
            return count
        } catch {
            guard error.status == EX_UNAVAILABLE, try mayLookDirectly(instance) else { throw error }
            var count = 0
            try forEachStopped(instance, filter) { _ in count += 1 }
            return count
        }
    }

    /// Each message, for reports of other forms; also while the system is stopped.
    package static func forEach(
        _ instance: Instance, filter: QueueFilter = QueueFilter(), _ body: (QueueEntry) throws(ExitError) -> Void
    ) throws(ExitError) {
        do throws(ExitError) {
            var client = try ShowQueueClient(instance, filter: filter)
            while let entry = try client.next() { try body(entry) }
        } catch {
            guard error.status == EX_UNAVAILABLE, try mayLookDirectly(instance) else { throw error }
            try forEachStopped(instance, filter, body)
        }
    }

    private static func printRunning(_ instance: Instance, _ format: Format, _ filter: QueueFilter) throws(ExitError) {
        var client = try ShowQueueClient(instance, filter: filter)
        var mailq = MailqFormat()
        var bytes: [UInt8] = []
        // The first message at once, then in portions.
        var limit = 1
        while try client.nextRecord() {
            switch format {
            case .mailq: bytes.append(contentsOf: mailq.text(try client.entry()).utf8)
            case .json:
                let start = bytes.count
                if !JSONFormat.append(client, to: &bytes) {
                    bytes.removeLast(bytes.count - start)
                    bytes.append(contentsOf: JSONFormat.line(try client.entry()).utf8)
                }
            }
            if bytes.count >= limit {
                try Output.write(bytes)
                bytes.removeAll(keepingCapacity: true)
                limit = portion
            }
        }
        if format == .mailq { bytes.append(contentsOf: mailq.ending.utf8) }
        try Output.write(bytes)
    }

    // MARK: Stopped

    private static func mayLookDirectly(_ instance: Instance) throws(ExitError) -> Bool {
        if ProcessOwner.isRoot { return true }
        let name = try instance.value(of: BaseParameters.mailOwner)
        return (try? UserAccount.named(name))??.user == ProcessOwner.user
    }

    private static func printStopped(_ instance: Instance, _ format: Format, _ filter: QueueFilter) throws(ExitError) {
        var mailq = MailqFormat()
        var text = ""
        try forEachStopped(instance, filter) { entry throws(ExitError) in
            text += format == .mailq ? mailq.text(entry) : JSONFormat.line(entry)
            guard text.utf8.count > portion else { return }
            try Output.write(text)
            text = ""
        }
        if format == .mailq { text += mailq.ending }
        try Output.write(text)
    }

    private static func forEachStopped(
        _ instance: Instance, _ filter: QueueFilter, _ body: (QueueEntry) throws(ExitError) -> Void
    ) throws(ExitError) {
        let queue = try OfflineQueue(instance)
        try queue.commit()
        let matcher = filter.terms.isEmpty ? nil : QueueMatcher(filter, now: SystemTime().wall / 1_000_000)
        var listing = IndexListing(queue.index, matcher: matcher)
        var pending: QueueEntry?
        while true {
            let parts: [ListedPart]?
            do throws(IndexError) { parts = try listing.page() } catch {
                throw ExitError(status: EX_TEMPFAIL, message: "queue index: \(error)")
            }
            guard let parts else { break }
            for part in parts {
                if part.isFirst { pending = QueueEntry(part.message) } else { pending?.append(part.message) }
                guard part.isLast, let entry = pending else { continue }
                try body(entry)
                pending = nil
            }
        }
        try queue.close()
    }
}

extension QueueEntry {
    /// As showq would tell it.
    init(_ message: QueueListing) {
        self.init(
            queue: message.state.name, id: message.queueID.description, arrival: message.arrival,
            size: Int64(clamping: message.size),
            isForcedToExpire: message.isExpired,
            sender: message.sender.isEmpty ? "MAILER-DAEMON" : EmailAddress(internal: message.sender).externalForm)
        append(message)
    }

    mutating func append(_ message: QueueListing) {
        recipients += message.recipients.map {
            Recipient(original: $0.original, address: EmailAddress(internal: $0.address).externalForm, reason: $0.reason)
        }
    }
}
