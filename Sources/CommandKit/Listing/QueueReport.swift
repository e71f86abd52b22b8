/// Prints the queue: what `mailq`, `sendmail -bp` and `martlet queue list` do.
package enum QueueReport {
    package enum Format: Sendable { case mailq, json }

    package static func print(_ instance: Instance, as format: Format) throws(ExitError) {
        var client = try ShowQueueClient(path: instance.socket("public/showq"))
        var mailq = MailqFormat()
        var text = ""
        while let entry = try client.next() {
            text += format == .mailq ? mailq.text(entry) : JSONFormat.line(entry)
            if text.utf8.count > 64 << 10 {
                try Output.write(text)
                text = ""
            }
        }
        if format == .mailq { text += mailq.ending }
        try Output.write(text)
    }
}
