internal import ArgumentParser
internal import CommandKit
internal import Glibc
internal import Platform
internal import Spool
internal import Wire

extension Queue {
    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check the whole spool: every record and content, done lists, journal and index.",
            discussion: "Reads only, also while the system runs. Exit status 1 when something is wrong.")
        @OptionGroup var options: InstanceOptions
        @Flag(help: "The result as an object.")
        var json = false

        func run() throws {
            try options.perform { instance throws(ExitError) in
                try instance.becomeOwner()
                let report = try Self.verify(instance)
                if json {
                    let problems = report.problems.map(JSONFormat.quoted).joined(separator: ", ")
                    let notes = report.notes.map(JSONFormat.quoted).joined(separator: ", ")
                    try Output.write(
                        "{\"segments\": \(report.segments), \"records\": \(report.records), \"messages\": \(report.messages), "
                            + "\"bytes\": \(report.bytes), \"problems\": [\(problems)], \"notes\": [\(notes)]}\n")
                } else {
                    for note in report.notes { try Output.write("note: \(note)\n") }
                    for problem in report.problems { try Output.write("problem: \(problem)\n") }
                    try Output.write(
                        "\(report.segments) segments, \(report.records) records, \(report.bytes) bytes of content, "
                            + "\(report.messages) messages in the queue: "
                            + (report.problems.isEmpty ? "everything agrees\n" : "\(report.problems.count) problems\n"))
                }
                if !report.problems.isEmpty { throw ExitError(status: 1, message: "") }
            }
        }

        private static func verify(_ instance: Instance) throws(ExitError) -> SpoolVerification.Report {
            let directory = SpoolDirectory(path: instance.queueDirectory)
            var options = LMDBIndex.Options()
            options.isReadOnly = true
            let index = LMDBIndex(directory: directory.index, options: options)
            var missing: String?
            do throws(IndexError) { try index.open() } catch { missing = error.description }
            let isTerminal = isatty(2) == 1
            let verification = SpoolVerification(
                directory, POSIXFileSystem(), index: index, pause: { usleep(700_000) },
                progress: { report in
                    if isTerminal { Output.complain("\(report.records) records, \(report.problems.count) problems so far") }
                })
            do throws(StoreError) {
                var report = try verification.run()
                if let missing { report.problems.append("index: \(missing)") }
                return report
            } catch {
                if case .system(let cause) = error, cause.code == EACCES {
                    throw ExitError(
                        status: EX_NOPERM,
                        message: "only root and the owner of the mail system may look at the spool (\(error))")
                }
                throw ExitError(status: EX_TEMPFAIL, message: error.description)
            }
        }
    }

    struct Rebuild: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make the index anew from segments, done lists and journal.",
            discussion:
                "While the system runs its queue manager is restarted for this. Next-attempt times and reasons are lost.")
        @OptionGroup var options: InstanceOptions

        func run() throws {
            try options.perform { instance throws(ExitError) in
                try QueueChanger.rebuild(instance)
                try Output.write("the index was rebuilt\n")
            }
        }
    }
}
